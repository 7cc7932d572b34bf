import ArgumentParser
import Formats
import Foundation
import TrafficModel

/// What every command says and does alike: where problems go, what the exit code means.
enum CommandSupport {
  static func writeError(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

  /// Runs `body` and turns what it throws into words on the error stream and an exit code of sysexits.h.
  static func exitOnProblems<T>(_ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch let problems as InputProblems {
      writeError(problems.description)
      throw ExitCode(problems.exitStatus.rawValue)
    } catch let problem as InputProblem {
      writeError(problem.description)
      throw ExitCode(problem.isMissingInput ? ExitStatus.missingInput.rawValue : ExitStatus.data.rawValue)
    } catch let problem as OutputProblem {
      writeError(problem.description)
      throw ExitCode(ExitStatus.inputOutput.rawValue)
    }
  }

  static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) != 0 }
  static var errorIsTerminal: Bool { isatty(STDERR_FILENO) != 0 }
}

extension Language: ExpressibleByArgument {}

/// A bar on the error stream, where somebody looks at it; nothing where the stream is piped.
final class ProgressBar: @unchecked Sendable {
  // Replications on several threads report here; the lock guards every stored value.
  private let lock = NSLock()
  private var done = 0.0
  private var last = -1
  private let total: Double
  private let isShown: Bool
  private let began = Date()

  init(total: Double, isShown: Bool) {
    self.total = max(total, 1)
    self.isShown = isShown && CommandSupport.errorIsTerminal
  }

  func advance(_ amount: Double, note: @autoclosure () -> String = "") {
    guard isShown else { return }
    lock.lock()
    defer { lock.unlock() }
    done += amount
    let percent = Int(min(done / total, 1) * 100)
    guard percent != last else { return }
    last = percent
    let width = 30
    let filled = percent * width / 100
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    let elapsed = String(format: "%.1f s", Date().timeIntervalSince(began))
    FileHandle.standardError.write(Data("\r\u{1B}[K\(bar) \(percent) %  \(elapsed)  \(note())".utf8))
  }

  func finish() {
    guard isShown else { return }
    FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
  }
}
