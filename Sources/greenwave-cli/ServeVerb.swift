import ArgumentParser
import Foundation
import TrafficModel

/// `greenwave serve`: finds `greenwave-serve` and becomes it, as git does with its subcommands, so that this program needs no HTTP server.
struct ServeVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Run the control centre (the program greenwave-serve, beside this one or on PATH).")

  @Argument(parsing: .captureForPassthrough, help: "Passed on to greenwave-serve.") var arguments: [String] = []

  func run() throws {
    let name = "greenwave-serve"
    var candidates: [String] = []
    if let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
      candidates.append((own as NSString).deletingLastPathComponent + "/" + name)
    }
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    candidates += path.split(separator: ":").map { $0 + "/" + name }
    guard let found = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
      FileHandle.standardError.write(
        Data("greenwave serve: \(name) is neither beside greenwave nor on PATH (build it: swift build --product \(name))\n".utf8))
      throw ExitCode(ExitStatus.unavailable.rawValue)
    }
    var words: [UnsafeMutablePointer<CChar>?] = ([found] + arguments).map { strdup($0) }
    words.append(nil)
    execv(found, &words)
    FileHandle.standardError.write(Data("greenwave serve: \(found): \(String(cString: strerror(errno)))\n".utf8))
    throw ExitCode(ExitStatus.inputOutput.rawValue)
  }
}
