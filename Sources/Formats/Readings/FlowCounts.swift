import Foundation
import TrafficModel

/// Counts of links or movements over a day as a flow table.
///
///     begin,end,link,count            begin,end,from,to,count
///     06:00,06:15,main-1,82           21600,22500,main-1,side-3,17
///
/// Times are seconds or `hours:minutes[:seconds]`; columns in any order. With `count` a row holds vehicles, with `flow` vehicles an hour.
public enum FlowCounts {
  public static func read(path: String) throws -> FlowTable {
    guard path.hasSuffix(".json") else { return try table(DelimitedText(path: path)) }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw InputProblem(file: path, expected: "a readable file", found: "nothing", isMissingInput: true)
    }
    do {
      return try JSONDecoder().decode(FlowTable.self, from: data)
    } catch {
      throw InputProblem(
        file: path, expected: "a flow table: {schemaVersion, rows: [{subject, begin, end, mean}], covariance}", found: "\(error)")
    }
  }

  public static func read(text: String, file: String) throws -> FlowTable { try table(DelimitedText(text: text, file: file)) }

  private static func table(_ text: DelimitedText) throws -> FlowTable {
    let begin = try text.required("begin", "start"), end = try text.required("end", "stop")
    let link = text.column("link", "edge"), from = text.column("from", "fromlink"), to = text.column("to", "tolink")
    guard link != nil || (from != nil && to != nil) else {
      throw InputProblem(
        file: text.file, line: 1, expected: "a column link, or columns from and to", found: text.header.joined(separator: ","))
    }
    let flow = text.column("flow", "vehh", "veh")
    let count = flow == nil ? try text.required("count", "vehicles") : flow!
    var rows: [FlowTable.Row] = []
    var problems: [InputProblem] = []
    for (line, fields) in text.records {
      func field(_ k: Int?) -> String { k.flatMap { fields.indices.contains($0) ? fields[$0] : nil } ?? "" }
      guard let a = time(field(begin)), let b = time(field(end)), b > a, let n = Double(field(count)), n.isFinite, n >= 0 else {
        problems.append(
          InputProblem(
            file: text.file, line: line, expected: "begin before end, and a count from 0", found: fields.joined(separator: ",")))
        continue
      }
      let subject: FlowTable.Subject
      if !field(from).isEmpty, !field(to).isEmpty {
        subject = .movement(from: field(from), to: field(to))
      } else if !field(link).isEmpty {
        subject = .link(field(link))
      } else {
        problems.append(InputProblem(file: text.file, line: line, expected: "a link", found: fields.joined(separator: ",")))
        continue
      }
      let perHour = flow != nil ? n : n * 3600 / (b - a).seconds
      rows.append(.init(subject: subject, begin: a, end: b, mean: perHour))
    }
    if rows.isEmpty { problems.append(InputProblem(file: text.file, expected: "at least one count", found: "none")) }
    guard problems.isEmpty else { throw InputProblems(problems) }
    return FlowTable(rows: rows)
  }

  private static func time(_ text: String) -> Instant? {
    if let seconds = Double(text), seconds.magnitude < 1e9 { return Instant(seconds: seconds) }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
    guard (2...3).contains(parts.count), parts.allSatisfy({ $0 >= 0 && $0 < 1000 }) else { return nil }
    return Instant(seconds: zip(parts, [3600, 60, 1]).reduce(0) { $0 + $1.0 * $1.1 })
  }
}
