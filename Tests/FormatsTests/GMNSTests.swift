import Formats
import Foundation
import Testing
import TrafficModel

@Suite struct GMNSTests {
  static let tables = [
    "controller": "controller_id\nA\nB\n",
    "timing_plan": "timing_plan_id,controller_id,time_day,cycle_length\n1,A,0111110_0600_0900,120\n2,B,0111110_0600_0900,120\n",
    "timing_phase": """
    timing_phase_id,timing_plan_id,signal_phase_num,min_green,max_green,extension,clearance,walk_time,ped_clearance,ring,barrier,position
    10,1,2,10,50,3,5.5,7,12,1,1,1
    11,1,4,6,40,2,5,,,1,2,1
    12,2,2,10,60,3,5.5,,,1,1,1

    """,
    "phase_mvmt": "phase_mvmt_id,timing_phase_id,mvmt_id,link_id,protection\n1,10,31,,protected\n2,10,32,,permitted\n3,11,,7,rtor\n",
    "coordination":
      "coordination_id,timing_plan_id,controller_id,coord_contr_id,coord_phase,coord_ref_to,offset\n1,2,B,A,2,begin_of_yellow,97\n",
  ]

  @Test func readsAndRoundTrips() throws {
    let signals = try GMNSSignals(tables: Self.tables)
    #expect(signals.controllers.map(\.id) == ["A", "B"])
    let plan = signals.controllers[0].plans[0]
    #expect(plan.plan.phases[0].pedestrian == PedestrianTiming(walk: .seconds(7), clearance: .seconds(12)))
    #expect(plan.movements.map(\.protection) == [.protected, .permitted, .rtor])
    #expect(plan.movements[2].isLink)
    let second = signals.controllers[1].plans[0].plan
    #expect(second.offset == .seconds(97) && second.offsetReference == .beginYellow && second.phases[0].isCoordinated)
    let written = signals.tables()
    #expect(written.lost.isEmpty)
    #expect(try GMNSSignals(tables: written.texts) == signals)
  }

  @Test func whatIsLostIsNamed() throws {
    var signals = try GMNSSignals(tables: Self.tables)
    signals.controllers[0].plans[0].plan.phases[0].timing.clearance.redClearance = .seconds(1)
    signals.controllers[0].plans[0].plan.phases[0].timing.split = .seconds(60)
    #expect(signals.tables().lost == ["red clearance apart from yellow", "splits"])
  }

  @Test(arguments: [
    ("timing_plan", "1,A,", "1,C,", "a controller"), ("timing_plan", ",120\n2", ",0\n2", "above zero"),
    ("timing_phase", "11,1,4", "11,9,4", "a plan"), ("timing_phase", "6,40", "60,40", "at least min_green"),
    ("timing_phase", "1,2,1\n", "1,1,1\n", "of its own"), ("phase_mvmt", "rtor", "free", "protected, permitted"),
    ("coordination", ",97", ",130", "0 to the cycle"), ("coordination", "B,A,2", "B,A,8", "a phase of the plan"),
    ("timing_phase", "10,1,2,10", "10,1,two,10", "a number"),
  ]) func deliberateErrorsAreNamed(_ table: String, _ old: String, _ new: String, _ says: String) {
    var tables = Self.tables
    tables[table] = tables[table].map { text in
      text.range(of: old).map { text.replacingCharacters(in: $0, with: new) } ?? text
    }
    #expect { try GMNSSignals(tables: tables) } throws: { ($0 as? InputProblems)?.description.contains(says) ?? false }
  }
}
