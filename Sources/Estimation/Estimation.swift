// Estimation: Observations become flows, queues, turning shares and origin-destination demand, each with its uncertainty.
