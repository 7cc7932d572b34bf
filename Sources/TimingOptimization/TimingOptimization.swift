// TimingOptimization: Traffic state becomes a timing plan, for one junction, an arterial or a network.
