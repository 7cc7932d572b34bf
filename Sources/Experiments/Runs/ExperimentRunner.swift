import Foundation
import Measures
import Synchronization
import TrafficModel

/// Every strategy on every seed of a scenario, spread over the cores, kept as it goes, so that an interrupted comparison goes on where it stopped.
///
/// The result depends on neither the number of threads nor the order in which runs end: each run has its own seed and street, and
/// results are put in order afterwards.
public struct ExperimentRunner: Sendable {
  /// A way to run a scenario.
  public struct Strategy: Sendable {
    public var name: String
    /// What distinguishes this strategy's settings from others of the same name; part of the key under which results are kept.
    public var fingerprint: String
    /// One run with one seed.
    public var run: @Sendable (UInt64) async throws -> RunSummary
    public init(name: String, fingerprint: String = "", run: @escaping @Sendable (UInt64) async throws -> RunSummary) {
      self.name = name
      self.fingerprint = fingerprint
      self.run = run
    }
  }

  /// How far a comparison is.
  public struct Progress: Sendable {
    public var finished: Int
    public var total: Int
    /// Runs that were found finished in the store.
    public var resumed: Int
    public var strategy: String
    public var seed: UInt64
  }

  public var strategies: [Strategy]
  public var seeds: [UInt64]
  /// Runs at the same time.
  public var threads: Int
  /// Where finished runs are kept; nil: nowhere.
  public var store: RunStore?

  public init(strategies: [Strategy], seeds: [UInt64], threads: Int = 1, store: RunStore? = nil) {
    self.strategies = strategies
    self.seeds = seeds
    self.threads = max(threads, 1)
    self.store = store
  }

  /// Runs what is not yet in the store.
  ///
  /// - Throws: the first run's error in the order of strategies and seeds; what had finished by then stays in the store.
  public func run(progress: (@Sendable (Progress) -> Void)? = nil) async throws -> StrategyComparison {
    precondition(!strategies.isEmpty && !seeds.isEmpty, "an experiment needs strategies and seeds")
    let cells = strategies.indices.flatMap { s in seeds.indices.map { (strategy: s, seed: $0) } }
    var results = [RunSummary?](repeating: nil, count: cells.count)
    var waiting: [Int] = []
    for (i, cell) in cells.enumerated() {
      results[i] = store?.load(strategies[cell.strategy], seed: seeds[cell.seed])
      if results[i] == nil { waiting.append(i) }
    }
    let resumed = cells.count - waiting.count
    let counter = Atomic(resumed)
    try await withThrowingTaskGroup(of: (Int, RunSummary).self) { group in
      var next = 0
      func add() {
        guard next < waiting.count else { return }
        let i = waiting[next]
        next += 1
        let strategy = strategies[cells[i].strategy], seed = seeds[cells[i].seed], store = store
        group.addTask {
          let summary = try await strategy.run(seed)
          try store?.save(summary, strategy, seed: seed)
          return (i, summary)
        }
      }
      for _ in 0..<threads { add() }
      while let (i, summary) = try await group.next() {
        results[i] = summary
        let finished = counter.add(1, ordering: .relaxed).newValue
        progress?(
          Progress(
            finished: finished, total: cells.count, resumed: resumed, strategy: strategies[cells[i].strategy].name,
            seed: seeds[cells[i].seed]))
        add()
      }
    }
    return StrategyComparison(
      strategies.enumerated().map { s, strategy in
        StrategyComparison.Entry(name: strategy.name, runs: cells.indices.filter { cells[$0].strategy == s }.compactMap { results[$0] })
      })
  }
}

/// A folder of finished runs, one file each. A file is whole or absent: it is written beside and moved into place.
public struct RunStore: Sendable {
  public let folder: URL
  /// Fingerprint of everything that all runs share: scenario, street, protocol. Runs made from other inputs are not taken for these.
  public let inputHash: String

  public init(folder: URL, inputHash: String) throws {
    self.folder = folder
    self.inputHash = inputHash
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private struct Kept: Codable {
    var schemaVersion: Int
    var engine: String
    var inputHash: String
    var strategy: String
    var fingerprint: String
    var summary: RunSummary
  }

  func load(_ strategy: ExperimentRunner.Strategy, seed: UInt64) -> RunSummary? {
    guard let data = try? Data(contentsOf: file(strategy, seed)), let kept = try? JSONDecoder.runs.decode(Kept.self, from: data),
      kept.schemaVersion == RunSummary.currentSchemaVersion, kept.engine == Provenance(inputHash: "").engine, kept.inputHash == inputHash,
      kept.strategy == strategy.name, kept.fingerprint == strategy.fingerprint, kept.summary.seed == seed
    else { return nil }
    return kept.summary
  }

  func save(_ summary: RunSummary, _ strategy: ExperimentRunner.Strategy, seed: UInt64) throws {
    let kept = Kept(
      schemaVersion: RunSummary.currentSchemaVersion, engine: Provenance(inputHash: "").engine, inputHash: inputHash,
      strategy: strategy.name,
      fingerprint: strategy.fingerprint, summary: summary)
    try JSONEncoder.runs.encode(kept).write(to: file(strategy, seed), options: .atomic)
  }

  private func file(_ strategy: ExperimentRunner.Strategy, _ seed: UInt64) -> URL {
    let safe = String(strategy.name.map { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" ? $0 : "_" })
    let key = SHA256.hexDigest(of: Array((strategy.name + "\u{0}" + strategy.fingerprint + "\u{0}" + inputHash).utf8)).prefix(8)
    return folder.appendingPathComponent("\(safe)-\(key)-seed\(seed).json")
  }
}

extension JSONEncoder {
  /// Sorted keys and non-finite numbers as words: equal values, equal bytes.
  static var runs: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }
}

extension JSONDecoder {
  static var runs: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }
}
