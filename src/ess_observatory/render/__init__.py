"""A publication → page, workbook, charts, maps, printed documents. Nothing here has a database."""
