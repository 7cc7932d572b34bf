// Microsimulation: Signals move vehicles, vehicles trip detectors.
