import ControlLoop
import TrafficModel

/// Nothing is adopted that does not pass here, whoever made it.
enum PlanGate {
  /// What keeps `program` from running at `signal`; empty where it may.
  static func findings(_ program: SignalProgram, for signal: LiveTopology.Signal) -> [Message] {
    PlanCheck(signal.constraints).findings(in: program, signal: signal.name).filter { $0.severity == .error }.map(\.message)
  }
}
