"""What is known over time: scans, their manifests and every raw observation, in one database."""
