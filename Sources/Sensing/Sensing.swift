// Sensing: Detector events become checked, aggregated observations.
