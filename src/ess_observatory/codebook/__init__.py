"""The questionnaire as declared: questions, expressions, what an answer may be."""
