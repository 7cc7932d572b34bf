import Sensing
import TrafficModel

/// All measures of one record of controller logs: computed once, told as tables and as a page.
public struct SignalPerformance: Sendable {
  public let log: ControllerEventLog
  public let configuration: DetectorConfiguration
  public let phases: PhaseEvents
  public let actuations: Actuations
  public let pairing: PairingReport
  public let arrivals: [ArrivalsOnGreen]
  public let splits: [SplitMonitorRow]
  public let failures: [SplitFailureCycle]
  public let approaches: [ApproachInterval]
  public let yellowRed: [YellowRedActuations]
  public let pedestrians: [PedestrianDelay]
  public let turning: [TurningCount]
  public let counts: [ActuationCount]
  public let pivot: [LinkPivotResult]
  /// Length of intervals [ms].
  public let interval: Int64

  /// Computes every measure. `corridor` lists links for the pivot, judged at the common `cycle` [s].
  public init(
    _ log: ControllerEventLog, configuration: DetectorConfiguration, interval: Int64 = 900_000, corridor: [PivotLink] = [],
    cycle: Double? = nil
  ) {
    self.log = log
    self.configuration = configuration
    self.interval = interval
    phases = PhaseEvents(log)
    (actuations, pairing) = pairDetectorEvents(log)
    arrivals = arrivalsOnGreen(log, phases: phases, configuration: configuration, interval: interval)
    splits = splitMonitor(phases: phases, interval: interval)
    failures = splitFailures(log, actuations: actuations, phases: phases, configuration: configuration)
    approaches = approachMeasures(log, actuations: actuations, phases: phases, configuration: configuration, interval: interval)
    yellowRed = yellowRedActuations(log, phases: phases, configuration: configuration, interval: interval)
    pedestrians = pedestrianDelays(phases: phases, interval: interval)
    turning = turningCounts(log, actuations: actuations, configuration: configuration, interval: interval)
    counts = actuationCounts(log, interval: interval)
    pivot = corridor.isEmpty ? [] : linkPivot(corridor, log: log, phases: phases, configuration: configuration, cycle: cycle ?? 100)
  }

  func name(_ device: UInt16) -> String { log.devices[Int(device)] }
}
