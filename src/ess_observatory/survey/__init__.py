"""The survey: forms, answers, linkage with the register, tables and estimates."""
