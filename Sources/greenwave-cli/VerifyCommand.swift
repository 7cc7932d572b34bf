import ArgumentParser
import ControlLoop
import Foundation
import TrafficModel

/// `greenwave verify`: replay a recorded day and hold every decision against the record.
struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Re-run a live journal and compare every decision byte for byte.",
    discussion: "JOURNAL is the `journal` folder of a data folder of greenwave-serve. Ends with 0 where all is reproduced, 65 where not.")

  @Argument(help: "Folder with the journal's segments.") var journal: String
  @Flag(help: "Print the result as JSON.") var json = false

  func run() async throws {
    guard FileManager.default.fileExists(atPath: journal) else {
      fail("\(journal): no such folder", .missingInput)
    }
    let result: JournalVerification
    do { result = try verifyJournal(at: journal) } catch let error as JournalError {
      if case .io = error { fail("\(error)", .inputOutput) }
      fail("\(error)", .data)
    } catch { fail("\(journal): \(error)", .data) }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      print(String(decoding: try encoder.encode(result), as: UTF8.self))
    } else {
      print("records     \(result.records)")
      print("readings    \(result.readings)")
      print("events      \(result.events)")
      print("starts      \(result.starts)")
      print("ticks       \(result.ticks)")
      print("reproduced  \(result.reproduced)")
      print("unwritten   \(result.unwritten)")
      print("differences \(result.differences.count)")
      for difference in result.differences.prefix(10) {
        print(
          "  record \(difference.record) at \(difference.time.milliseconds) ms: recorded \(difference.recordedBytes) bytes,"
            + " replay gives \(difference.replayedBytes) (\(difference.expected))")
      }
    }
    if !result.isReproduced { throw ExitCode(ExitStatus.data.rawValue) }
  }

  private func fail(_ text: String, _ status: ExitStatus) -> Never {
    FileHandle.standardError.write(Data(("greenwave verify: " + text + "\n").utf8))
    Foundation.exit(status.rawValue)
  }
}
