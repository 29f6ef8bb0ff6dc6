"""The SQL engine (DuckDB, Spark), the order of its queries, where a build goes and how it is put in place."""
