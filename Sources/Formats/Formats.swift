// Formats: Files in and out: SUMO, UTDF, GMNS, high-resolution controller logs, scenario folders.
