/// A fixed-time program seen link by link: what each shows, for how long, round the cycle.
public struct SignalTimeline: Hashable, Sendable {
  /// A stretch of the cycle in which a link shows one kind of indication; greens of either kind count as one.
  public struct Run: Hashable, Sendable {
    /// `.green` stands for both kinds of green.
    public var indication: Indication
    /// From the program's stage 0.
    public var start: TimeAmount
    public var length: TimeAmount
    /// Stage in which it begins.
    public var stage: Int
    /// Whether the run before it was green.
    public var followsGreen: Bool
    /// What comes after.
    public var next: Indication
  }

  public let cycle: TimeAmount
  /// Runs of each link in order of start; a run that crosses the end of the cycle is counted once, where it begins. A link that
  /// never changes has a single run of the whole cycle.
  public let runs: [[Run]]

  /// Precondition: the cycle is positive and every state has at least `links` indications.
  public init(_ program: SignalProgram, links: Int) {
    cycle = program.cycle
    precondition(cycle > .zero, "a timeline needs a positive cycle")
    let stages = program.stages.enumerated().filter { $0.element.duration > .zero }
    func plain(_ i: Indication) -> Indication { i == .permissiveGreen ? .green : i }
    runs = (0..<links).map { link in
      var starts: [(stage: Int, at: TimeAmount, what: Indication)] = []
      var clock = TimeAmount.zero
      for (index, stage) in stages {
        let shown = plain(stage.state[link])
        if starts.last?.what != shown { starts.append((index, clock, shown)) }
        clock += stage.duration
      }
      // The first entry only continues the last one where both show the same.
      if starts.count > 1, starts[0].what == starts[starts.count - 1].what { starts.removeFirst() }
      return starts.indices.map { k in
        let here = starts[k]
        let next = starts[(k + 1) % starts.count]
        let before = starts[(k + starts.count - 1) % starts.count]
        var length = starts.count == 1 ? program.cycle : next.at - here.at
        if length <= .zero { length += program.cycle }
        return Run(
          indication: here.what, start: here.at, length: length, stage: here.stage,
          followsGreen: starts.count > 1 && before.what == .green, next: next.what)
      }
    }
  }

  /// Total green of a link in a cycle.
  public func green(of link: Int) -> TimeAmount {
    runs[link].reduce(.zero) { $1.indication == .green ? $0 + $1.length : $0 }
  }

  /// Time from `moment` (within the cycle) until `link` next has green; zero where it has green then, nil where it never has.
  public func timeUntilGreen(of link: Int, from moment: TimeAmount) -> TimeAmount? {
    var best: TimeAmount?
    for run in runs[link] where run.indication == .green {
      var wait = (run.start.milliseconds - moment.milliseconds) % cycle.milliseconds
      if wait < 0 { wait += cycle.milliseconds }
      // Inside the run, which began `cycle - wait` ago.
      if runs[link].count == 1 || (wait > 0 && cycle.milliseconds - wait < run.length.milliseconds) { return .zero }
      best = min(best ?? TimeAmount(milliseconds: wait), TimeAmount(milliseconds: wait))
    }
    return best
  }

  /// How long every link had shown red by `moment` (within the cycle).
  public func allRed(before moment: TimeAmount) -> TimeAmount {
    var least = cycle
    for run in runs.joined() where run.indication != .red && run.indication != .stopThenProceed {
      var since = (moment.milliseconds - (run.start + run.length).milliseconds) % cycle.milliseconds
      if since < 0 { since += cycle.milliseconds }
      // The run still lasts where it ends after `moment` and began before it.
      let isRunning = cycle.milliseconds - since < run.length.milliseconds
      least = min(least, isRunning ? .zero : TimeAmount(milliseconds: since))
    }
    return least
  }

  /// Time from `moment` until `link` has green, those stretches left out in which one of `others` has green or the yellow after it.
  func idleTime(before link: Int, from moment: TimeAmount, unheldBy others: [Int]) -> TimeAmount? {
    guard let wait = timeUntilGreen(of: link, from: moment)?.milliseconds else { return nil }
    // Stretches as offsets from `moment`, clipped to the wait, merged.
    var busy: [(Int64, Int64)] = []
    for other in others {
      for run in runs[other] where run.indication == .green || (run.indication == .yellow && run.followsGreen) {
        var from = (run.start.milliseconds - moment.milliseconds) % cycle.milliseconds
        if from < 0 { from += cycle.milliseconds }
        for shift in [from, from - cycle.milliseconds] {
          let a = max(0, shift)
          let b = min(wait, shift + run.length.milliseconds)
          if b > a { busy.append((a, b)) }
        }
      }
    }
    busy.sort { $0 < $1 }
    var idle = wait
    var reached: Int64 = 0
    for (a, b) in busy where b > reached {
      idle -= b - max(a, reached)
      reached = b
    }
    return TimeAmount(milliseconds: idle)
  }
}
