import ControlLoop
import Microsimulation
import SignalControl
import TrafficModel

/// The built-in simulator as a street.
public final class SimulatedStreet: DetectorFeed, SignalOutput, LoopClock {
  public let simulation: Simulation
  /// What each signal has shown: the first of each, then every change.
  public private(set) var changes: [SignalChange] = []
  /// Whether vehicles with priority ask for green.
  public var hearsPriority = false
  private let information: StreetInformation
  private let isWatched: Bool
  private let stages: [[SignalState: Int]]
  private var states: [SignalState?]

  /// - Parameter isWatched: vehicles are told beside the loops even where `information` is `.detectors`.
  public init(simulation: Simulation, information: StreetInformation = .connectedVehicles, isWatched: Bool = false) {
    self.isWatched = isWatched
    self.simulation = simulation
    self.information = information
    stages = simulation.network.signals.map { signal in
      var index: [SignalState: Int] = [:]
      for (k, stage) in (signal.activeProgram?.stages ?? []).enumerated() where index[stage.state] == nil { index[stage.state] = k }
      return index
    }
    states = [SignalState?](repeating: nil, count: simulation.network.signals.count)
  }

  public var now: Instant { simulation.now }
  public var isUnderway: Bool { false }

  public func collect() -> ControlInputs {
    let isBlind = information == .detectors && !isWatched
    let reports = isBlind && !hearsPriority ? [] : simulation.vehicleReports()
    var inputs = ControlInputs(
      detectorEvents: simulation.drainDetectorEvents(), vehicles: isBlind ? [] : information.limit(reports))
    if hearsPriority {
      inputs.priorityRequests = reports.compactMap {
        PriorityRequest($0, simulation.vehicleClass(ofKey: $0.key), in: simulation.network)
      }
    }
    return inputs
  }

  public func show(_ commands: [SignalCommand]) {
    for command in commands where states[command.signal.index] != command.state {
      states[command.signal.index] = command.state
      simulation.setSignal(command.signal, command.state)
      changes.append(
        SignalChange(
          time: now, signal: command.signal, state: command.state, stage: stages[command.signal.index][command.state]))
    }
  }

  public func shown() -> [SignalCommand] {
    states.enumerated().compactMap { index, state in state.map { SignalCommand(signal: SignalID(index), state: $0) } }
  }

  public func advance() -> Bool {
    simulation.step()
    return !simulation.isFinished
  }
}
