// Measures: Trajectories and events become delay, stops, queues, reports and plots.
