import ControlLoop
import SignalControl
import TrafficModel

/// A recorded day as a street: what its detectors told comes again at its time, and what is shown is kept and changes nothing.
///
/// For asking what a strategy would have done on the detections of a day, before it touches the street. Vehicles do not react, so delays
/// cannot be judged this way, but calls, phases, safety and latency can.
public final class ReplayStreet: DetectorFeed, SignalOutput, LoopClock {
  /// Changes of known detectors, ascending in time.
  public let events: [DetectorEvent]
  /// Detectors of the log that nobody knew, with their numbers of events.
  public private(set) var unknown: [String: Int] = [:]
  /// What each signal was asked to show: the first of each, then every change.
  public private(set) var changes: [SignalChange] = []
  public private(set) var now: Instant
  private let step: TimeAmount
  private let end: Instant
  private var next = 0
  private var states: [SignalID: SignalState] = [:]

  public var isUnderway: Bool { false }

  /// - Parameters:
  ///   - events: ascending in time.
  ///   - step: time between two ticks.
  public init(_ events: [DetectorEvent], step: TimeAmount = .seconds(1)) {
    self.events = events
    self.step = step
    let first = events.first?.time.milliseconds ?? 0
    // Ticks fall on whole steps, the first of them at or before the first event.
    now = Instant(milliseconds: first - ((first % step.milliseconds) + step.milliseconds) % step.milliseconds)
    end = events.last?.time ?? now
  }

  /// From a controller log, times on its own clock; detectors are named `DEVICE:CHANNEL`.
  public convenience init(_ log: ControllerEventLog, detectors: [String: DetectorID], step: TimeAmount = .seconds(1)) {
    var events: [DetectorEvent] = []
    var unknown: [String: Int] = [:]
    for i in 0..<log.count {
      let change: DetectorEvent.Change
      switch ControllerEventCode(rawValue: log.code[i]) {
      case .detectorOn: change = .on
      case .detectorOff: change = .off
      case .detectorRestored: change = .restored
      case let code where code.isDetectorFault: change = .fault
      default: continue
      }
      let name = "\(log.devices[Int(log.device[i])]):\(log.parameter[i])"
      guard let id = detectors[name] else {
        unknown[name, default: 0] += 1
        continue
      }
      events.append(DetectorEvent(time: Instant(milliseconds: log.time[i]), detector: id, change: change))
    }
    events.sort { ($0.time, $0.detector, $0.change.rawValue) < ($1.time, $1.detector, $1.change.rawValue) }
    self.init(events, step: step)
    self.unknown = unknown
  }

  public func collect() -> ControlInputs {
    var due: [DetectorEvent] = []
    while next < events.count, events[next].time <= now {
      due.append(events[next])
      next += 1
    }
    return ControlInputs(detectorEvents: due)
  }

  public func show(_ commands: [SignalCommand]) {
    for command in commands where states[command.signal] != command.state {
      states[command.signal] = command.state
      changes.append(SignalChange(time: now, signal: command.signal, state: command.state))
    }
  }

  public func shown() -> [SignalCommand] { states.keys.sorted().map { SignalCommand(signal: $0, state: states[$0]!) } }

  public func advance() -> Bool {
    now += step
    return now <= end + step
  }
}
