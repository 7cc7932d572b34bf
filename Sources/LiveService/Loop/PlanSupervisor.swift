import ControlLoop
import Foundation
import Logging
import TrafficModel

/// Runs ``PlanRetiming`` for every signal at its interval.
public final class PlanSupervisor: @unchecked Sendable {
  private let topology: LiveTopology
  private let hub: LiveHub
  private let ingestor: Ingestor
  private let retiming: PlanRetiming
  /// Loop time between two looks at all signals.
  private let interval: TimeAmount
  private let logger: Logger
  private let worker = Worker("plans")

  public init(
    topology: LiveTopology, hub: LiveHub, ingestor: Ingestor, settings: LiveSettings, interval: TimeAmount, logger: Logger
  ) {
    self.topology = topology
    self.hub = hub
    self.ingestor = ingestor
    retiming = PlanRetiming(settings)
    self.interval = interval
    self.logger = logger
  }

  public func start() { worker.start { [self] in run() } }

  public func stop() { worker.stop() }

  private func run() {
    var sums = topology.signals.map { [Double](repeating: 0, count: $0.approaches.count) }
    var samples = 0
    var since: Instant?
    var last: Instant?
    while !worker.isStopping {
      worker.rest(0.1)
      guard let snapshot = hub.snapshot, snapshot.time != last else { continue }
      // One sample in ten seconds of the loop's time: the rates are smoothed over two minutes anyhow.
      if let last, snapshot.time - last < .seconds(10) { continue }
      last = snapshot.time
      let begin = since ?? snapshot.time
      since = begin
      for (index, signal) in snapshot.signals.enumerated() {
        for (lane, live) in signal.lanes.enumerated() { sums[index][lane] += live.flow / 3600 }
      }
      samples += 1
      guard snapshot.time - begin >= interval else { continue }
      for (index, signal) in snapshot.signals.enumerated() where signal.level == .adaptive && !signal.planPending {
        let flows = sums[index].map { $0 / Double(samples) }
        guard let proposal = retiming.propose(topology.signals[index], running: signal.timing, flows: flows) else { continue }
        let minutes = Int((interval.seconds / 60).rounded())
        let reason = Message(
          "live.planAdopted",
          [
            "\(minutes)", "\(Int(proposal.program.cycle.seconds))", String(format: "%.1f", proposal.after),
            String(format: "%.1f", proposal.before),
          ])
        do { try ingestor.record(.plan(signal: index, program: proposal.program, reason: reason, time: snapshot.time)) } catch {
          logger.warning("a plan is lost", metadata: ["error": "\(error)"])
        }
      }
      sums = topology.signals.map { [Double](repeating: 0, count: $0.approaches.count) }
      samples = 0
      since = nil
    }
  }
}
