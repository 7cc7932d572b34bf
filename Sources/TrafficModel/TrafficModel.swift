// TrafficModel: The nouns everything else speaks in: quantities, network, signals and their rules, demand, observations, state.
