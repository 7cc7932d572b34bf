import Foundation

/// A headless Chromium with one page, driven over the DevTools protocol through a pipe.
final class Browser {
  typealias Object = [String: Any]

  private let process: ChildProcess
  private let folder: String
  private let writing: Int32
  private let reading: Int32
  private var buffer: [UInt8] = []
  private var number = 0
  private var session: String?
  /// Addresses that the page asked for.
  private(set) var requests: [String] = []
  /// What the page complained of: exceptions, errors and warnings on its console, and what the browser said of it.
  private(set) var complaints: [String] = []

  init() throws {
    let places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
    guard let path = places.first(where: FileManager.default.isExecutableFile) else {
      throw CheckFailure("Chromium is not installed (apt-get install chromium)")
    }
    folder = NSTemporaryDirectory() + "greenwave-browser-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    // Numbers above those at which the browser looks for them.
    func makePipe() throws -> (reading: Int32, writing: Int32) {
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0 else { throw CheckFailure("no pipe") }
      defer { for end in ends { close(end) } }
      return (fcntl(ends[0], F_DUPFD_CLOEXEC, 20), fcntl(ends[1], F_DUPFD_CLOEXEC, 20))
    }
    let orders = try makePipe(), answers = try makePipe()
    defer {
      close(orders.reading)
      close(answers.writing)
    }
    (writing, reading) = (orders.writing, answers.reading)
    process = try ChildProcess(
      path,
      [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe", "--no-first-run",
        "--no-default-browser-check", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--hide-scrollbars", "--lang=en", "--user-data-dir=" + folder, "about:blank",
      ], more: [orders.reading, answers.writing])
    let target = try send("Target.createTarget", ["url": "about:blank"])["targetId"] as? String ?? ""
    session = try send("Target.attachToTarget", ["targetId": target, "flatten": true])["sessionId"] as? String
    for domain in ["Page", "Runtime", "Network", "Log"] { try send(domain + ".enable") }
  }

  func end() {
    process.end(patience: 5)
    close(writing)
    close(reading)
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Sends one command and waits for its answer.
  @discardableResult
  func send(_ method: String, _ parameters: Object = [:]) throws -> Object {
    number += 1
    var message: Object = ["id": number, "method": method, "params": parameters]
    if let session { message["sessionId"] = session }
    let bytes = [UInt8](try JSONSerialization.data(withJSONObject: message)) + [0]
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { write(writing, $0.baseAddress! + sent, bytes.count - sent) }
      guard count > 0 else { throw CheckFailure("the browser has ended") }
      sent += count
    }
    let limit = Date().addingTimeInterval(60)
    while Date() < limit {
      guard let answer = try receive(until: limit) else { continue }
      guard answer["id"] as? Int == number else { continue }
      if let error = answer["error"] as? Object { throw CheckFailure("\(method): \(error["message"] ?? "")") }
      return answer["result"] as? Object ?? [:]
    }
    throw CheckFailure("\(method): no answer")
  }

  /// The next answer; nil for an event, which is taken note of, and where none comes in time.
  private func receive(until limit: Date) throws -> Object? {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      if let end = buffer.firstIndex(of: 0) {
        let object = try JSONSerialization.jsonObject(with: Data(buffer[..<end])) as? Object ?? [:]
        buffer.removeFirst(end + 1)
        if object["id"] != nil { return object }
        note(object["method"] as? String ?? "", object["params"] as? Object ?? [:])
        return nil
      }
      var descriptor = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
      guard poll(&descriptor, 1, Int32(max(0, limit.timeIntervalSinceNow * 1000))) > 0 else { return nil }
      let got = read(reading, &chunk, chunk.count)
      guard got > 0 else { throw CheckFailure("the browser has ended") }
      buffer.append(contentsOf: chunk[..<got])
    }
  }

  private func note(_ event: String, _ what: Object) {
    switch event {
    case "Network.requestWillBeSent":
      if let url = (what["request"] as? Object)?["url"] as? String { requests.append(url) }
    case "Runtime.exceptionThrown":
      let details = what["exceptionDetails"] as? Object ?? [:]
      complaints.append(((details["exception"] as? Object)?["description"] ?? details["text"] ?? "exception") as? String ?? "exception")
    case "Runtime.consoleAPICalled" where ["error", "warning", "assert"].contains(what["type"] as? String):
      let texts = (what["args"] as? [Object] ?? []).compactMap { $0["value"] ?? $0["description"] }
      complaints.append("console: " + texts.map { "\($0)" }.joined(separator: " "))
    case "Log.entryAdded":
      let entry = what["entry"] as? Object ?? [:]
      if ["error", "warning"].contains(entry["level"] as? String) { complaints.append("\(entry["text"] ?? "") \(entry["url"] ?? "")") }
    default: break
    }
  }

  /// Takes note of what happens for so many seconds.
  func rest(_ seconds: Double) throws {
    let limit = Date().addingTimeInterval(seconds)
    while Date() < limit { _ = try receive(until: limit) }
  }

  /// The value of an expression in the page; promises are waited for.
  @discardableResult
  func evaluate(_ expression: String) throws -> Any? {
    let answer = try send("Runtime.evaluate", ["expression": expression, "returnByValue": true, "awaitPromise": true])
    if let details = answer["exceptionDetails"] as? Object {
      throw CheckFailure("in the page: \((details["exception"] as? Object)?["description"] ?? details["text"] ?? expression)")
    }
    return (answer["result"] as? Object)?["value"]
  }

  func evaluate<Value>(_ expression: String, as type: Value.Type) throws -> Value {
    guard let value = try evaluate(expression) as? Value else { throw CheckFailure("in the page: \(expression) is no \(type)") }
    return value
  }

  /// Waits until an expression is true; whether it came to be.
  @discardableResult
  func wait(_ seconds: Double, until expression: String) throws -> Bool {
    let limit = Date().addingTimeInterval(seconds)
    while Date() < limit {
      if try evaluate("Boolean(\(expression))") as? Bool == true { return true }
      try rest(0.05)
    }
    return false
  }

  func open(_ address: String) throws {
    // A page that is left for one that differs behind the # alone is not loaded anew.
    try send("Page.navigate", ["url": "about:blank"])
    try rest(0.1)
    try send("Page.navigate", ["url": address])
  }

  func resize(width: Int, height: Int) throws {
    try send(
      "Emulation.setDeviceMetricsOverride", ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500])
  }

  /// Presses and releases a key as a hand would.
  func press(_ key: String, shift: Bool = false) throws {
    let codes = ["Tab": 9, "Enter": 13, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38]
    var event: Object = ["key": key, "code": key, "windowsVirtualKeyCode": codes[key] ?? 0, "modifiers": shift ? 8 : 0]
    if key == "Enter" { event["text"] = "\r" }
    event["type"] = key == "Enter" ? "keyDown" : "rawKeyDown"
    try send("Input.dispatchKeyEvent", event)
    event["type"] = "keyUp"
    event["text"] = nil
    try send("Input.dispatchKeyEvent", event)
  }

  func type(_ text: String) throws { try send("Input.insertText", ["text": text]) }

  /// The whole page as a PNG.
  func screenshot(to path: String) throws {
    let answer = try send("Page.captureScreenshot", ["format": "png", "captureBeyondViewport": true])
    guard let data = (answer["data"] as? String).flatMap({ Data(base64Encoded: $0) }) else { throw CheckFailure("no picture") }
    try data.write(to: URL(fileURLWithPath: path))
  }
}
