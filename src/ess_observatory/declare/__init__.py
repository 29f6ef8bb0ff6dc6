"""What is declared under `pipelines/`: read as the analyst meant it, checked by typed models, followed from file to file."""
