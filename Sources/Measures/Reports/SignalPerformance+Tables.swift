import Sensing
import TrafficModel

extension SignalPerformance {
  /// Every measure as a table, named as a file would be.
  public func tables() -> [(name: String, table: ReportTable)] {
    func columns(_ first: [String], _ rest: [String]) -> [ReportTable.Column] {
      first.map { .init($0, .left) } + rest.map { .init($0) }
    }
    let head = ["TimeStamp", "DeviceId", "Phase"]
    var all: [(name: String, table: ReportTable)] = []
    func add(_ name: String, _ columns: [ReportTable.Column], _ rows: [[String]]) {
      var table = ReportTable(columns: columns)
      for row in rows { table.append(row) }
      all.append((name, table))
    }
    func start(_ begin: Int64, _ device: UInt16, _ phase: UInt16) -> [String] { [stampText(begin), name(device), String(phase)] }
    add(
      "arrivals_on_green", columns(head, ["Total_Actuations", "Percent_AOG", "Green_Share", "Platoon_Ratio"]),
      arrivals.map {
        start($0.begin, $0.device, $0.phase) + [
          String($0.total), fixed($0.shareOnGreen, 7), fixed($0.greenShare, 4), fixed($0.platoonRatio, 4),
        ]
      })
    add(
      "actuations", columns(["TimeStamp", "DeviceId", "Detector"], ["Total"]),
      counts.map { [stampText($0.begin), name($0.device), String($0.channel), String($0.total)] })
    add(
      "split_monitor",
      columns(head, ["Services", "Mean_Split", "Median_Split", "Split_85", "Mean_Green", "Gap_Out", "Max_Out", "Force_Off"]),
      splits.map {
        start($0.begin, $0.device, $0.phase) + [
          String($0.services), fixed($0.meanSplit, 2), fixed($0.medianSplit, 2), fixed($0.split85, 2), fixed($0.meanGreen, 2),
          fixed($0.gapOuts, 3),
          fixed($0.maxOuts, 3), fixed($0.forceOffs, 3),
        ]
      })
    add(
      "split_failures", columns(head, ["Green_Occupancy", "Red_Occupancy", "Split_Failure"]),
      failures.map {
        start($0.green, $0.device, $0.phase) + [fixed($0.greenOccupancy, 3), fixed($0.redOccupancy, 3), $0.isFailure ? "1" : "0"]
      })
    add(
      "phase_terminations", columns(head, ["Termination"]),
      phases.keys.flatMap { key in
        (phases.histories[key]?.cycles ?? []).map { start($0.yellow, key.device, key.phase) + [String(describing: $0.termination)] }
      })
    add(
      "approach", columns(head, ["Volume", "Mean_Delay_s", "Greatest_Delay_s", "Speed_kmh", "Source"]),
      approaches.map {
        start($0.begin, $0.device, $0.phase) + [
          String($0.volume), fixed($0.delay, 2), fixed($0.greatestDelay, 1), fixed($0.speed * 3.6, 1), $0.source.rawValue,
        ]
      })
    add(
      "yellow_red", columns(head, ["On_Yellow", "On_Red_Clearance", "On_Red"]),
      yellowRed.map { start($0.begin, $0.device, $0.phase) + [String($0.onYellow), String($0.onRedClearance), String($0.onRed)] })
    add(
      "pedestrian_delay", columns(head, ["Calls", "Mean_Delay_s", "Greatest_Delay_s"]),
      pedestrians.map { start($0.begin, $0.device, $0.phase) + [String($0.calls), fixed($0.meanDelay, 2), fixed($0.greatestDelay, 1)] })
    add(
      "turning_counts", columns(["TimeStamp", "DeviceId", "Movement"], ["Count"]),
      turning.map { [stampText($0.begin), name($0.device), $0.movement, String($0.count)] })
    if !pivot.isEmpty {
      add(
        "link_pivot",
        columns(["Link"], ["Offset_Change_s", "Accumulated_s", "AOG_Before", "AOG_After", "AOG_Back_Before", "AOG_Back_After"]),
        pivot.map(pivotRow))
    }
    return all
  }

  func pivotRow(_ r: LinkPivotResult) -> [String] {
    [
      "\(r.link.upstream):\(r.link.upstreamPhase) – \(r.link.downstream):\(r.link.downstreamPhase)", fixed(r.offsetChange, 0),
      fixed(r.accumulated, 0),
      fixed(r.downstreamBefore, 3), fixed(r.downstreamAfter, 3), fixed(r.upstreamBefore, 3), fixed(r.upstreamAfter, 3),
    ]
  }
}

/// `2024-05-13 15:00:00` of milliseconds on a wall clock.
func stampText(_ ms: Int64) -> String {
  let day = ms >= 0 ? ms / 86_400_000 : -((86_399_999 - ms) / 86_400_000)
  let within = ms - day * 86_400_000
  let (y, m, d) = civil(day)
  func two(_ v: Int64) -> String { (v < 10 ? "0" : "") + String(v) }
  return "\(y)-\(two(m))-\(two(d)) \(two(within / 3_600_000)):\(two(within / 60_000 % 60)):\(two(within / 1000 % 60))"
}

/// Civil date of a day since 1970-01-01 (Hinnant's algorithm).
private func civil(_ days: Int64) -> (Int64, Int64, Int64) {
  let z = days + 719_468
  let era = (z >= 0 ? z : z - 146_096) / 146_097
  let doe = z - era * 146_097
  let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365
  let doy = doe - (365 * yoe + yoe / 4 - yoe / 100)
  let mp = (5 * doy + 2) / 153
  let month = mp < 10 ? mp + 3 : mp - 9
  return (yoe + era * 400 + (month <= 2 ? 1 : 0), month, doy - (153 * mp + 2) / 5 + 1)
}

/// Fixed decimals, empty where there is no figure.
func fixed(_ value: Double, _ decimals: Int) -> String { value.isFinite ? NumberText.fixed(value, decimals) : "" }
