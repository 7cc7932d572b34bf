import Foundation
import Greenwave

/// `SIGNAL@SECONDS`.
struct DecisionWish {
  var signal: String
  var time: Double
  init?(_ text: String) {
    guard let at = text.lastIndex(of: "@"), at > text.startIndex, let time = Double(text[text.index(after: at)...]), time.isFinite else {
      return nil
    }
    signal = String(text[..<at])
    self.time = time
  }
}

/// Hears every tick of a run: prints the decisions somebody asked for, and writes the log.
final class DecisionTeller {
  private let network: RoadNetwork
  private var wishes: [DecisionWish]
  private let language: Language
  private var before: [SignalID: SignalState] = [:]
  private var file: FileHandle?
  private var buffer = ""
  private var last: [SignalID: DecisionExplanation] = [:]

  init(_ network: RoadNetwork, wishes: [DecisionWish], log: String?, strategy: String, language: Language) throws {
    self.network = network
    self.wishes = wishes.sorted { $0.time < $1.time }
    self.language = language
    guard let log else { return }
    // Opened in place: a log may be a pipe or a device, and it is read while it grows.
    let descriptor = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { throw OutputProblem(file: log, reason: "cannot be written: " + String(cString: strerror(errno))) }
    file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    buffer = try DecisionLog.line(DecisionLog.Header(strategy: strategy, network: network))
  }

  func hear(_ tick: ControlLoop.Tick, _ loop: ControlLoop) throws {
    if !wishes.isEmpty {
      for wish in wishes {
        guard let id = network.signalNames[wish.signal] else { continue }
        if let explanation = loop.explain(id) { last[id] = explanation }
      }
      while let wish = wishes.first, tick.now.seconds >= wish.time {
        tell(wish, tick)
        wishes.removeFirst()
      }
    }
    guard file != nil else { return }
    for entry in DecisionLog.entries(of: tick, before: before, network: network, explain: loop.explain) {
      buffer += try DecisionLog.line(entry)
    }
    for command in tick.shown { before[command.signal] = command.state }
    if buffer.utf8.count > 1 << 16 { try flush() }
  }

  private func tell(_ wish: DecisionWish, _ tick: ControlLoop.Tick) {
    guard let id = network.signalNames[wish.signal] else { return }
    let shown = tick.shown.first { $0.signal == id }?.state
    guard let explanation = last[id] else {
      print(Message("explain.nothing", [wish.signal, NumberText.short(tick.now.seconds), shown.map { "\($0)" } ?? "–"]).text(language))
      return
    }
    print(
      explanation.text(
        signal: wish.signal, stages: DecisionExplanation.stages(of: id, in: network), shown: shown.map { ($0, tick.now) }, language))
  }

  private func flush() throws {
    try file?.write(contentsOf: Data(buffer.utf8))
    buffer.removeAll(keepingCapacity: true)
  }

  func finish() throws {
    for wish in wishes { print(Message("explain.never", [wish.signal, NumberText.short(wish.time)]).text(language)) }
    wishes = []
    try flush()
  }

  /// Runs `body` and keeps the log and the summary of what happened also where it breaks off.
  func surviving<T>(
    _ tell: (ControlLoop.Summary) -> Void, _ body: (@escaping (ControlLoop.Tick, ControlLoop) throws -> Void) throws -> T
  ) throws -> T {
    var loop: ControlLoop?
    do {
      let result = try body { tick, running in
        loop = running
        try self.hear(tick, running)
      }
      try finish()
      return result
    } catch {
      try flush()
      if let loop { tell(loop.summary) }
      throw error
    }
  }
}
