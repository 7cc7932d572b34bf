import SignalControl
import TrafficModel

/// Where a loop hears from: what detectors and vehicles told since it last asked.
public protocol DetectorFeed: AnyObject {
  func collect() throws -> ControlInputs
}

/// Where a loop's decisions go.
public protocol SignalOutput: AnyObject {
  /// Shows these states from now on. Nothing reaches it that a ``ConflictMonitor`` has not passed.
  func show(_ commands: [SignalCommand]) throws
  /// What the street shows, asked of the street itself; empty where it cannot tell.
  func shown() throws -> [SignalCommand]
}

/// What a loop runs by. The simulator's clock runs as fast as it can, the field's with the day.
public protocol LoopClock: AnyObject {
  var now: Instant { get }
  /// The street was running before the loop came, so that its state must be read back before anything is commanded.
  var isUnderway: Bool { get }
  /// Lets the street go on to the next tick; false at the end.
  func advance() throws -> Bool
}

/// All three at once: the simulator, SUMO, a replayed log.
public typealias Street = DetectorFeed & LoopClock & SignalOutput
