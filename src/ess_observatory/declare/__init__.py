"""Everything declared under `pipelines/`, loaded and cross-checked."""
