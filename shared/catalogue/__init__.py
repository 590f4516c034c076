"""The catalogue: indicators and activity types as data, one YAML file each, validated as a whole at start."""
