"""Files as they come, workbooks, delimited text, Parquet, archives → sheets of text cells."""
