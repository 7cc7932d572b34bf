import Foundation

/// Other people's solvers in Python, where they are installed: a second opinion, never a requirement.
public enum Rival {
  /// Whether `python3` (or the interpreter named by GREENWAVE_PYTHON) imports SciPy.
  public static let hasSciPy: Bool = (try? python("import scipy; print(1)"))?.hasPrefix("1") ?? false

  /// What the script prints.
  public static func python(_ script: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [ProcessInfo.processInfo.environment["GREENWAVE_PYTHON"] ?? "python3", "-"]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    input.fileHandleForWriting.write(Data(script.utf8))
    try input.fileHandleForWriting.close()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }
}
