import Formats
import Foundation
import TestSupport
import Testing
import TrafficModel

/// A real Synchro export (SR 95, Bullhead City, UTDF 8), and small files with one fault each.
@Suite struct UTDFTests {
  static let small = """
    [Network]
    Network Settings
    RECORDNAME,DATA
    UTDFVERSION,8
    Metric,0
    yellowTime,3.5
    allRedTime,1.0
    PHF,.92
    DefWidth,12

    [Nodes]
    Node Data
    INTID,TYPE,X,Y,Z,DESCRIPTION,CBD
    1,0,0,0,0,,
    2,1,0,500,0,,

    [Lanes]
    Lane Group Data
    RECORDNAME,INTID,NBL,NBT,NBR,EBT
    Lanes,1,1,2,0,1
    Volume,1,100,900,40,300
    Phase1,1,5,2,,4
    PermPhase1,1,2,,,

    [Timeplans]
    Timing Plan Settings
    RECORDNAME,INTID,DATA
    Control Type,1,3
    Cycle Length,1,80
    Reference Phase,1,206
    Offset,1,12

    [Phases]
    Phasing Data
    RECORDNAME,INTID,D1,D2,D4,D5,D6
    BRP,1,,111,211,121,122
    MinGreen,1,,10,6,6,10
    MaxGreen,1,,45,26,10,30
    Yellow,1,,4,3.5,3,4
    AllRed,1,,1,.5,1,2
    Recall,1,,3,0,0,3

    """

  @Test(.enabled(if: SharedData.has("data/utdf/bullhead.csv"))) func aRealFileReadsAndComesBack() throws {
    let url = try #require(SharedData.url("data/utdf/bullhead.csv"))
    let text = try String(contentsOf: url, encoding: .utf8)
    let file = try UTDFFile(text: text, file: "bullhead.csv")
    let plain = { (t: String) in t.split(whereSeparator: \.isNewline).map(String.init) }
    #expect(plain(file.text) == plain(text))
    let signals = try file.signals()
    #expect(signals.count == 8)
    let first = try #require(signals.first { $0.id == 39 })
    #expect(first.plan.cycle == .seconds(73.2))
    #expect(first.plan.offset == .seconds(54.5))
    #expect(first.plan.phases.count == 8)
    #expect(first.referencePhases == [2, 6])
    let phase2 = try #require(first.plan.phases.first { $0.number == 2 })
    #expect(phase2.isCoordinated && phase2.ring == 1 && phase2.barrier == 1)
    #expect(phase2.timing.split == .seconds(25.3))
    #expect(first.movements.first { $0.name == "NBT" }?.protectedPhases == [2])
    #expect(abs((first.movements.first { $0.name == "NBT" }?.laneWidth ?? 0) - 3.6576) < 1e-9)
    // Reading and writing every timing changes no cell.
    var copy = file
    for s in signals { #expect(copy.setTiming(of: s).isEmpty) }
    #expect(copy == file)
  }

  @Test func timingGoesOutAndComesBack() throws {
    var file = try UTDFFile(text: Self.small, file: "small.csv")
    var signal = try #require(try file.signals().first)
    #expect(signal.control == .actuatedCoordinated)
    #expect(signal.movements.map(\.name) == ["NBL", "NBT", "NBR", "EBT"])
    #expect(signal.movements[0].permittedPhases == [2])
    signal.plan.offset = .seconds(31)
    signal.plan.cycle = .seconds(90)
    for k in signal.plan.phases.indices where [2, 6].contains(signal.plan.phases[k].number) {
      signal.plan.phases[k].timing.maximumGreen += .seconds(10)
      signal.plan.phases[k].timing.split = signal.plan.phases[k].timing.maximumGreen + signal.plan.phases[k].timing.clearance.total
    }
    file.setTiming(of: signal)
    let again = try UTDFFile(text: file.text, file: "again.csv")
    let back = try #require(try again.signals().first)
    #expect(back.plan.offset == .seconds(31))
    #expect(back.plan.cycle == .seconds(90))
    #expect(back.plan.phases.map(\.timing.split) == signal.plan.phases.map(\.timing.split))
    // The offset counts from when the second of the two reference phases, D6 after 14 s of D5, turns green.
    #expect(again["Phases", "Start", 1, "D6"] == "31" && again["Phases", "Start", 1, "D2"] == "17")
  }

  @Test func whatTheFormatCannotHoldIsNamed() throws {
    var file = try UTDFFile(text: Self.small, file: "small.csv")
    var signal = try #require(try file.signals().first)
    signal.plan.overlaps = [Overlap(name: "A", parentPhases: [2], links: [], clearance: .init(yellow: .seconds(3), redClearance: .zero))]
    signal.plan.offsetReference = .beginYellow
    #expect(file.setTiming(of: signal) == ["overlaps", "offset reference"])
  }

  @Test(arguments: [
    ("Metric,0", "Metric,1", "contradict"), ("Metric,0", "Metric,x", "Metric"), ("MaxGreen,1,,45", "MaxGreen,1,,44", "rings"),
    ("MaxGreen,1,,45", "MaxGreen,1,,0", "above zero"), ("Cycle Length,1,80", "Cycle Length,1,eighty", "a number"),
    ("BRP,1,,111", "BRP,1,,11", "barrier, ring and position"), ("BRP,1,,111,211,121,122", "BRP,1,,,,,", "phases"),
    ("Volume,1,100,900,40,300", "Volume,1,100,900,40,300,7,8", "at most"), ("[Nodes]", "[Knoten]", "[Nodes]"),
    ("[Network]", "Network", "section"),
  ]) func everyFaultIsNamed(_ old: String, _ new: String, _ says: String) {
    #expect {
      let file = try UTDFFile(text: Self.small.replacingOccurrences(of: old, with: new), file: "bad.csv")
      _ = try file.signals()
    } throws: { error in
      (error as? InputProblems)?.description.contains(says) ?? false
    }
  }

  @Test func mutatedBytesNeverCrash() {
    var state: UInt64 = 3
    for _ in 0..<400 {
      var bytes = Array(Self.small.utf8)
      for _ in 0..<6 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let at = Int(state >> 33) % bytes.count
        bytes[at] = UInt8(truncatingIfNeeded: state >> 20) % 94 + 32
      }
      let outcome = Result { try UTDFFile(text: String(decoding: bytes, as: UTF8.self), file: "m.csv").signals() }
      switch outcome {
      case .success(let signals): #expect(signals.count <= 9)
      case .failure(let error): #expect(error is InputProblems)
      }
    }
  }
}
