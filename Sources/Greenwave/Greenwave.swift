@_exported import ControlLoop
@_exported import Estimation
@_exported import Experiments
@_exported import Formats
@_exported import IntegerPrograms
// The umbrella: `import Greenwave` brings every part of the engine except the live service.
@_exported import LinearAlgebra
@_exported import Measures
@_exported import Microsimulation
@_exported import Sensing
@_exported import SignalControl
@_exported import Solvers
@_exported import Statistics
@_exported import Streets
@_exported import TimingOptimization
@_exported import TrafficFlow
@_exported import TrafficModel
