import ArgumentParser
import Formats
import Foundation
import TrafficModel

/// Seconds of `30s`, `15m`, `1h` or a bare number of seconds; a usage error names the option otherwise.
func duration(_ text: String, option: String) throws -> Double {
  let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
  let unit = text.last.flatMap { units[$0] }
  let number = Double(unit == nil ? Substring(text) : text.dropLast())
  guard let number, number > 0, number.isFinite, number < 1e7 else {
    throw ValidationError("\(option) takes a length of time such as 30s, 15m or 1h, not \(text)")
  }
  return number * (unit ?? 1)
}

/// Writes text to a file, `-` being standard output.
func writeText(_ text: String, to path: String) throws {
  if path == "-" {
    print(text)
  } else {
    do {
      try TextOutput.write(text, to: path)
    } catch {
      CommandSupport.writeError("\(error)")
      throw ExitCode(ExitStatus.inputOutput.rawValue)
    }
  }
}

/// Lines of a file or of standard input (`-`), as they come.
final class LineSource {
  private let handle: FileHandle
  private var buffer = Data()
  private var isEnded = false

  /// Throws ``InputProblem`` where the file cannot be opened.
  init(_ path: String) throws {
    if path == "-" {
      handle = .standardInput
    } else if let opened = FileHandle(forReadingAtPath: path) {
      handle = opened
    } else {
      throw InputProblem(file: path, expected: "a readable file", isMissingInput: true)
    }
  }

  /// The next line without its end, or nil at the end of the stream.
  func next() -> String? {
    while true {
      if let end = buffer.firstIndex(of: 0x0A) {
        let line = String(decoding: buffer[buffer.startIndex..<end], as: UTF8.self)
        buffer = buffer[buffer.index(after: end)...]
        return line
      }
      if isEnded {
        defer { buffer = Data() }
        return buffer.isEmpty ? nil : String(decoding: buffer, as: UTF8.self)
      }
      let more = handle.availableData
      if more.isEmpty { isEnded = true } else { buffer = Data(buffer) + more }
    }
  }
}
