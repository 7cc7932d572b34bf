// Streets: What a control loop can drive: the built-in simulator, SUMO over TraCI, a recorded log.
