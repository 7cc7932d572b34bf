import ArgumentParser
import Dispatch
import Foundation
import Greenwave
import Synchronization

/// `greenwave benchmark conflicts`.
struct ConflictBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conflicts",
    abstract: "Drive every controller with arbitrary calls and faults and audit what passes the monitor.",
    discussion: """
      Every strategy, alone and with priority on top, on four small networks: vehicles, detectors, buttons and requests at random, faults,
      missing seconds, restarts, garbled wishes. Ends with an error where a violation reached the output.
      """)
  @Option(help: "Seconds of control to drive, all controllers together.") var seconds = 10_000_000
  @Option(help: "Seed.") var seed: UInt64 = 1
  @Option(help: "Runs at the same time.") var threads = ProcessInfo.processInfo.activeProcessorCount
  @Option(help: "Only these strategies, separated by commas.") var strategies: String?

  func validate() throws {
    guard seconds > 0, (1...1024).contains(threads) else { throw ValidationError("seconds and threads are positive") }
    for name in names where ControlStrategy.named(name) == nil { throw ValidationError("no strategy '\(name)'") }
  }

  private var names: [String] {
    if let strategies { return strategies.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
    return ControlStrategy.all.flatMap { [$0.name, $0.name + ControlStrategy.prioritySuffix] }
  }

  func run() throws {
    let places = [(false, 1), (true, 2), (false, 2), (true, 1)].map { protects, lanes in
      let (network, detectors) = ConflictTrial.network(protectsLefts: protects, lanes: lanes)
      var limits = TimingConstraints.Derivation()
      limits.maximumRed = .seconds(180)
      return (network, detectors, ConflictMonitor.constraints(of: network, limits))
    }
    let names = names
    // Short pieces, so that the threads end together; a piece lasts at least ten minutes of the clock.
    let signals = places[0].0.signals.count
    let share = seconds / names.count / places.count / signals
    let pieces = max(1, min(8, share / 600))
    let length = max(1, (share + pieces - 1) / pieces)
    let jobs = names.indices.flatMap { n in places.indices.flatMap { p in (0..<pieces).map { (n, p, $0) } } }
    let bar = ProgressBar(total: Double(jobs.count), isShown: true)
    let results = Mutex([ConflictTrial.Outcome?](repeating: nil, count: jobs.count))
    let next = Atomic(0)
    let seed = seed
    DispatchQueue.concurrentPerform(iterations: min(threads, jobs.count)) { _ in
      while true {
        let job = next.add(1, ordering: .relaxed).oldValue
        guard job < jobs.count else { return }
        let (n, p, piece) = jobs[job]
        let trial = ConflictTrial(
          ControlStrategy.named(names[n])!, network: places[p].0, constraints: places[p].2, detectors: places[p].1)
        let outcome = trial.run(seconds: length, seed: seed &* 1_000_003 &+ UInt64(p * 64 + piece))
        results.withLock { $0[job] = outcome }
        bar.advance(1, note: names[n])
      }
    }
    bar.finish()
    let outcomes = results.withLock { $0.map { $0! } }
    var table = ReportTable(columns: [
      .init("strategy", .left), .init("controller-seconds"), .init("garbled"), .init("refused"), .init("rescued"),
      .init("reached the output"),
    ])
    var all = ConflictTrial.Outcome()
    for (n, name) in names.enumerated() {
      let sum = jobs.indices.filter { jobs[$0].0 == n }.reduce(ConflictTrial.Outcome()) { $0 + outcomes[$1] }
      table.append([name] + cells(sum))
      all = all + sum
    }
    table.append(["all"] + cells(all), emphasized: true)
    print(table.text())
    guard all.faults.isEmpty else {
      for (fault, count) in all.faults.sorted(by: { $0.key.rawValue < $1.key.rawValue }) { print("\(fault.rawValue): \(count)") }
      if let example = all.example { print(example) }
      throw ExitCode(ExitStatus.software.rawValue)
    }
  }

  private func cells(_ outcome: ConflictTrial.Outcome) -> [String] {
    [outcome.controllerSeconds, outcome.garbled, outcome.refusals, outcome.rescues, outcome.faults.values.reduce(0, +)].map(String.init)
  }
}
