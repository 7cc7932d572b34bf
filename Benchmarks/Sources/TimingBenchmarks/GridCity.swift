import Greenwave

/// A square city of two-phase signals: four approaches each, 70 % straight on, platoons from every neighbour.
struct GridCity {
  let side: Int
  let network: PlatoonNetwork
  var signals: Int { side * side }

  init(side: Int, seed: UInt64) {
    self.side = side
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    func random(_ range: ClosedRange<Double>) -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return range.lowerBound + (range.upperBound - range.lowerBound) * Double(state >> 33) / Double(1 << 31)
    }
    // Approach d comes from the neighbour at (dx, dy): north, east, south, west.
    let from = [(0, 1), (1, 0), (0, -1), (-1, 0)]
    let times = (0..<(4 * side * side)).map { _ in random(15...40) }
    var demand = [Double](repeating: 0, count: 4 * side * side)
    func neighbour(_ x: Int, _ y: Int, _ d: Int) -> Int? {
      let (nx, ny) = (x + from[d].0, y + from[d].1)
      return nx >= 0 && ny >= 0 && nx < side && ny < side ? ny * side + nx : nil
    }
    let entering = (0..<demand.count).map { _ in random(0.15...0.30) }
    for _ in 0..<60 {
      var next = demand
      for y in 0..<side {
        for x in 0..<side {
          for d in 0..<4 {
            let j = (y * side + x) * 4 + d
            guard let up = neighbour(x, y, d) else {
              next[j] = entering[j]
              continue
            }
            next[j] = 0.7 * demand[up * 4 + d] + 0.15 * demand[up * 4 + (d + 1) % 4] + 0.15 * demand[up * 4 + (d + 3) % 4]
          }
        }
      }
      demand = next
    }
    var streams: [PlatoonNetwork.Stream] = []
    for y in 0..<side {
      for x in 0..<side {
        for d in 0..<4 {
          let s = y * side + x
          let up = neighbour(x, y, d)
          streams.append(
            PlatoonNetwork.Stream(
              signal: s, saturationFlow: 1, demand: demand[s * 4 + d], external: up == nil ? demand[s * 4 + d] : 0,
              parts: [.init(row: s * 2 + d % 2, share: 1)],
              groups: up.map {
                [
                  .init(
                    travelTime: times[s * 4 + d],
                    feeds: [
                      .init(stream: $0 * 4 + d, share: 0.7), .init(stream: $0 * 4 + (d + 1) % 4, share: 0.15),
                      .init(stream: $0 * 4 + (d + 3) % 4, share: 0.15),
                    ])
                ]
              } ?? [], storage: 60))
        }
      }
    }
    network = PlatoonNetwork(rowStart: (0...(side * side)).map { $0 * 2 }, streams: streams, period: 3600)
  }

  func greens(offset: Int, split: Int, cycle: Int) -> [PlatoonEngine.GreenInterval] {
    let o = Float(offset)
    return [
      .init(row: 0, from: o, to: o + Float(split)), .init(row: 1, from: o + Float(split) + 5, to: o + Float(cycle) - 5),
    ]
  }

  private var models: [SignalTimingModel] {
    (0..<signals).map { s in
      var rightOfWay = SignalRightOfWay(count: 2)
      rightOfWay.meet(0, 1, yielding: 0)
      let shipped = SignalProgram(
        id: "0",
        stages: [("Gr", 40), ("yr", 5), ("rG", 40), ("ry", 5)].map {
          Stage(state: SignalState($0.0) ?? SignalState([]), duration: .seconds(Double($0.1)))
        })
      return SignalTimingModel(
        signal: SignalID(s), name: "\(s)", constraints: .derived(rightOfWay: rightOfWay, programs: [shipped]), rightOfWay: rightOfWay,
        usedLinks: [true, true], programs: [shipped])
    }
  }

  func planner(cycles: [Int], sweeps: Int, _ model: PlatoonSettings = .init()) -> PlatoonPlanner {
    var settings = PlatoonPlanner.Settings()
    settings.cycles = cycles
    settings.sweeps = sweeps
    settings.changesStages = false
    return PlatoonPlanner(models: models, scenarios: [network], model: model, settings)
  }

  func start(cycle: Int) -> [StagePlan] {
    (0..<signals).map { _ in StagePlan(stages: [.init(candidate: 0, seconds: 40), .init(candidate: 1, seconds: cycle - 50)]) }
  }
}

/// Junctions of the HCM's fullest kind: permitted and protected-permitted left turns, shared lanes, pedestrians.
enum HCMJunctions {
  static func junction(_ k: Int) -> HCMIntersection {
    func phase(_ n: Int, _ d: Double) -> HCMPhase {
      var p = HCMPhase(number: n, duration: d, yellow: 4, redClearance: 1)
      p.maximumGreen = d
      p.passageTime = 2
      p.walk = 5
      p.pedestrianClearance = 14
      return p
    }
    let approaches = (0..<4).map { d in
      let major = d >= 2
      var a = HCMApproach(name: ["EB", "WB", "NB", "SB"][d], throughPhase: phase(major ? 4 : 2, major ? 55 : 35))
      a.opposing = d ^ 1
      a.left = Double(60 + (k * 7 + d * 31) % 120) / 3600
      a.through = Double(300 + (k * 13 + d * 57) % 700) / 3600
      a.right = Double(30 + (k * 3 + d * 11) % 90) / 3600
      a.pedestrians = 80.0 / 3600
      a.exclusiveLeftLanes = k % 3 == 0 ? 0 : 1
      a.sharedLeft = k % 3 == 0
      a.throughLanes = 1
      a.sharedRight = true
      a.receivingLanes = 2
      if major && k % 3 != 0 {
        a.leftTurn = .protectedPermitted
        a.sequence = .leadLead
        a.leftPhase = phase(d == 2 ? 3 : 7, 12)
      }
      return a
    }
    var i = HCMIntersection(cycle: 102, approaches: approaches)
    i.control = .actuated
    return i
  }
}
