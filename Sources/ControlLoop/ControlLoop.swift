// ControlLoop: The running loop and its ports: feed, clock, output, journal.
