// Experiments: Scenario by strategy by seed, compared; the microsimulation as a judge of plans.
