import ArgumentParser
import Foundation
import LiveService

/// The dashboard in a real browser.
struct BrowserCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "browser",
    abstract: "The dashboard in a headless Chromium: both languages, a phone, keyboard alone, no other host, no error; with screenshots.")
  @Option(help: "Folder for the screenshots; none are kept otherwise.") var screenshots: String?
  @Option(help: "Grid whose first view and updates are timed, ROWSxCOLUMNS.") var grid = "20x25"
  @Option(help: "Longest first view and update [ms].") var limit = 1000.0
  @Option(help: "Seconds that the demonstration runs before it is looked at.") var settle = 150.0

  private static let pages = ["map", "signal", "corridor", "alarms", "compare", "access"]
  private static let sizes = [("wide", 1280, 900), ("narrow", 390, 844)]

  func run() throws {
    if let screenshots { try FileManager.default.createDirectory(atPath: screenshots, withIntermediateDirectories: true) }
    let browser = try Browser()
    defer { browser.end() }
    try browser.send("Page.addScriptToEvaluateOnNewDocument", ["source": Self.watch])
    var table = CheckTable()
    var hosts: [String] = []
    try time(browser, &hosts, &table)
    let bench = try Bench()
    defer { bench.remove() }
    try bench.start([])
    try bench.awaitReady()
    hosts.append("http://127.0.0.1:\(bench.port)/")
    try browser.rest(settle)
    try lookAtPages(browser, bench, &table)
    try reachByKeyboard(browser, bench, &table)
    try giveOrders(browser, bench, &table)
    let strangers = browser.requests.filter { url in
      !url.hasPrefix("data:") && url != "about:blank" && !hosts.contains { url.hasPrefix($0) }
    }
    table.add("requests of the pages", "\(browser.requests.count)")
    table.atMost("to another host", Double(strangers.count), 0, unit: "")
    table.atMost("errors and warnings of the pages", Double(browser.complaints.count), 0, unit: "")
    for text in Set(strangers).sorted().prefix(5) + browser.complaints.prefix(5) { print(text) }
    try table.finish()
  }

  // MARK: Time

  /// First view and updates of many signals.
  private func time(_ browser: Browser, _ hosts: inout [String], _ table: inout CheckTable) throws {
    let bench = try Bench()
    defer { bench.remove() }
    try bench.start(["--street", "queues", "--grid", grid, "--sums-only"])
    try bench.awaitReady()
    hosts.append("http://127.0.0.1:\(bench.port)/")
    try browser.resize(width: 1280, height: 900)
    var views: [Double] = []
    for _ in 0..<3 {
      try open(browser, bench, .viewer, "/map")
      guard try browser.wait(30, until: "window.watched.view") else { throw CheckFailure("the map was never seen") }
      views.append(try browser.evaluate("window.watched.view", as: Double.self))
    }
    try browser.rest(10)
    // Left before the service goes, whose end is not what is looked at here.
    defer { try? browser.open("about:blank") }
    let late = try browser.evaluate("window.watched.late.slice(1)", as: [Double].self)
    table.add("signals of the city that is timed", grid)
    table.atMost("first view, slowest of 3", views.max()!, limit, unit: "ms")
    table.atLeast("updates seen in 10 s", Double(late.count), 8, unit: "")
    table.atMost("update on the screen after its second, slowest", late.max() ?? .infinity, limit, unit: "ms")
  }

  private func open(_ browser: Browser, _ bench: Bench, _ role: AccessRole, _ view: String) throws {
    try browser.open("http://127.0.0.1:\(bench.port)/#token=\(bench.tokens[role]!)#\(view)")
  }

  /// Watches when the first signal's row is filled, and by how much the clock on the page lags behind.
  private static let watch = """
    (() => {
      const seen = window.watched = { view: 0, clock: '', late: [] };
      new MutationObserver(() => {
        const cell = document.querySelector('tbody td'), summary = document.querySelector('.summary');
        if (!seen.view && cell?.textContent && summary?.textContent) seen.view = performance.now();
        const clock = document.getElementById('clock')?.textContent ?? '';
        if (!clock || clock === seen.clock) return;
        seen.clock = clock;
        const [h, m, s] = clock.split(':').map(Number), day = 86400000;
        const late = (Date.now() % day) - (h * 3600 + m * 60 + s) * 1000;
        seen.late.push(late < -day / 2 ? late + day : late);
      }).observe(document, { subtree: true, childList: true, characterData: true });
    })();
    """

  // MARK: Pages

  private func lookAtPages(_ browser: Browser, _ bench: Bench, _ table: inout CheckTable) throws {
    var looked = 0
    var faults: [String] = []
    func look(_ name: String, _ language: String, _ width: Int) throws {
      looked += 1
      for fault in try browser.evaluate(Self.audit(language, width), as: [String].self) { faults.append("\(name): \(fault)") }
      if let screenshots { try browser.screenshot(to: screenshots + "/" + name + ".png") }
    }
    for language in ["en", "zh"] {
      for (size, width, height) in Self.sizes {
        try browser.resize(width: width, height: height)
        try open(browser, bench, .administrator, "/map")
        try browser.wait(20, until: "window.watched.view")
        if try browser.evaluate("document.documentElement.lang", as: String.self) != language {
          try browser.evaluate("document.getElementById('language').click()")
          try browser.wait(10, until: "document.documentElement.lang === '\(language)'")
        }
        for page in Self.pages {
          try browser.evaluate("location.hash = '#/\(page)'")
          try browser.rest(page == "map" || page == "access" ? 1.2 : 2)
          try look("\(page)-\(language)-\(size)", language, width)
        }
        try browser.open("http://127.0.0.1:\(bench.port)/public")
        try browser.wait(10, until: "document.querySelector('main h2')")
        if try browser.evaluate("document.documentElement.lang", as: String.self) != language {
          try browser.evaluate("document.getElementById('language').click()")
        }
        try browser.rest(0.5)
        try look("public-\(language)-\(size)", language, width)
      }
    }
    try browser.send("Emulation.setEmulatedMedia", ["features": [["name": "prefers-color-scheme", "value": "dark"]]])
    try browser.resize(width: 1280, height: 900)
    try open(browser, bench, .administrator, "/map")
    try browser.wait(20, until: "window.watched.view")
    for page in ["map", "signal"] {
      try browser.evaluate("location.hash = '#/\(page)'")
      try browser.rest(2)
      try look("\(page)-zh-dark", "zh", 1280)
    }
    try browser.send("Emulation.setEmulatedMedia", ["features": [["name": "prefers-color-scheme", "value": "light"]]])
    try browser.evaluate("localStorage.setItem('language', 'en')")
    table.add("pages looked at", "\(looked)")
    table.atMost("too wide, not named, not translated, too pale or too small", Double(faults.count), 0, unit: "")
    for fault in faults.prefix(12) { print(fault) }
  }

  /// What is wrong with the page as it stands: an array of sentences.
  private static func audit(_ language: String, _ width: Int) -> String {
    """
    (() => {
      const faults = [], language = '\(language)';
      const wide = document.documentElement.scrollWidth - \(width);
      if (wide > 1) faults.push(`${wide} pixels too wide`);
      if (document.documentElement.lang !== language) faults.push(`its language is ${document.documentElement.lang}`);
      const text = document.body.innerText;
      const keys = text.match(/\\b(page|level|authority|live|alarm|strategy|role|lamp|action|kind)\\.[a-zA-Z]\\w*/g);
      if (keys) faults.push(`not translated: ${keys.join(' ')}`);
      const hasChinese = (words) => /[\\u4e00-\\u9fff]/.test(words);
      if (language === 'zh' && !hasChinese(text)) faults.push('no Chinese');
      if (language === 'en' && hasChinese(text.replaceAll('中文', ''))) faults.push('Chinese in English');
      const shown = (element) => element.getClientRects().length > 0;
      for (const element of document.querySelectorAll('a[href], button, input, select, [tabindex="0"], svg[role=img], canvas')) {
        if (!shown(element) || element.closest('.skip')) continue;
        const name = element.getAttribute('aria-label') || [...(element.labels ?? [])].map((label) => label.innerText).join('')
          || element.title || element.querySelector('title')?.textContent || element.innerText || element.querySelector('caption')?.textContent;
        if (!name?.trim()) faults.push(`without a name: ${element.outerHTML.slice(0, 80)}`);
        const box = element.getBoundingClientRect();
        if (['BUTTON', 'INPUT', 'SELECT'].includes(element.tagName) && box.height < 24) faults.push(`too small to touch: ${name}`);
      }
      const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
      const rgb = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
      };
      const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
      const behind = (element) => {
        for (let at = element; at; at = at.parentElement) {
          const colour = rgb(getComputedStyle(at).backgroundColor);
          if (colour[3] === 255) return colour;
        }
        return [255, 255, 255, 255];
      };
      const pale = new Set();
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (!walker.currentNode.textContent.trim() || !shown(element) || element.closest('.hidden, .skip, script, style, option, noscript')) continue;
        const style = getComputedStyle(element);
        const front = light(rgb(element instanceof SVGElement ? style.fill : style.color)), back = light(behind(element));
        const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
        const isLarge = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.6 && Number(style.fontWeight) >= 700);
        if (ratio < (isLarge ? 3 : 4.5)) pale.add(`${walker.currentNode.textContent.trim().slice(0, 30)} (${ratio.toFixed(1)})`);
      }
      if (pale.size) faults.push(`too pale: ${[...pale].slice(0, 4).join(', ')}`);
      return faults;
    })()
    """
  }

  // MARK: Keyboard

  private func reachByKeyboard(_ browser: Browser, _ bench: Bench, _ table: inout CheckTable) throws {
    try browser.resize(width: 1280, height: 900)
    var wanted = 0, unseen: [String] = []
    for page in Self.pages {
      try open(browser, bench, .administrator, "/\(page)")
      try browser.wait(20, until: "document.querySelector('main .card')")
      try browser.rest(1.5)
      let count = try browser.evaluate(
        """
        window.wanted = [...document.querySelectorAll('a[href], button, input, select, [tabindex="0"]')]
          .filter((element) => element.getClientRects().length > 0 && !element.disabled);
        window.reached = new Set();
        document.activeElement?.blur();
        window.wanted.length
        """, as: Int.self)
      wanted += count
      var faint = Set<String>()
      // A moment's day, month and so on are stops of their own.
      for _ in 0..<(count + 12) {
        try browser.press("Tab")
        let told = try browser.evaluate(
          """
          (() => {
            const at = document.activeElement, style = getComputedStyle(at);
            window.reached.add(at);
            return at === document.body || at.type === 'datetime-local' || style.outlineStyle !== 'none' ? '' : at.outerHTML.slice(0, 60);
          })()
          """, as: String.self)
        if !told.isEmpty { faint.insert(told) }
      }
      let missed = try browser.evaluate(
        "window.wanted.filter((element) => element.isConnected && !window.reached.has(element)).map((e) => e.outerHTML.slice(0, 80))",
        as: [String].self)
      unseen += missed.map { "\(page): not reached by Tab: \($0)" } + faint.map { "\(page): focus not to be seen: \($0)" }
    }
    // Whoever stands on something is not thrown off it when figures are renewed.
    try open(browser, bench, .administrator, "/signal")
    try browser.wait(20, until: "document.querySelectorAll('main select').length >= 3")
    let count = try browser.evaluate("document.querySelectorAll('main select, main button').length", as: Int.self)
    for index in 0..<count {
      try browser.evaluate("window.held = document.querySelectorAll('main select, main button')[\(index)]; window.held.focus()")
      try browser.rest(index == 0 ? 4 : 1.2)
      if try browser.evaluate("document.activeElement === window.held", as: Bool.self) == false {
        unseen.append("signal: focus is lost when figures are renewed: control \(index)")
      }
    }
    table.add("controls on the pages", "\(wanted)")
    table.atMost("not reached by keyboard, or not seen to be", Double(unseen.count), 0, unit: "")
    for text in unseen.prefix(8) { print(text) }
  }

  // MARK: Orders

  /// Every order by keyboard alone: given with a reason, shown, and undone with another.
  private func giveOrders(_ browser: Browser, _ bench: Bench, _ table: inout CheckTable) throws {
    try open(browser, bench, .operator, "/signal")
    guard try browser.wait(20, until: "document.querySelector('#action') && document.querySelector('main h2')?.textContent") else {
      throw CheckFailure("no signal's page")
    }
    let name = try browser.evaluate("document.querySelector('main h2').textContent", as: String.self)
    func standing() throws -> [(action: String, reason: String)] {
      let path = "/v1/signals/" + (name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? name)
      let answer = try HTTPConnection(port: bench.port).request("GET", path, token: bench.tokens[.viewer])
      let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? Browser.Object ?? [:]
      return (object["orders"] as? [Browser.Object] ?? []).map {
        (($0["action"] as? Browser.Object)?.keys.first ?? "", $0["reason"] as? String ?? "")
      }
    }
    func press(_ key: String, until condition: String, most: Int = 80) throws -> Bool {
      for _ in 0..<most {
        if try browser.evaluate("Boolean(\(condition))", as: Bool.self) { return true }
        try browser.press(key)
      }
      return false
    }
    func awaited(_ condition: () throws -> Bool) throws -> Bool {
      let limit = Date().addingTimeInterval(6)
      while Date() < limit {
        if try condition() { return true }
        try browser.rest(0.1)
      }
      return false
    }
    var given = 0, undone = 0, slowest = 0.0
    let reason = "document.activeElement.matches('form.row input[type=text]')"
    // Without a reason nothing is given.
    _ = try press("Tab", until: reason)
    try browser.press("Enter")
    try browser.rest(1)
    let withoutReason = try standing().count
    for action in ["hold", "forcePlan", "shadow", "fallback", "flash", "allRed"] {
      let why = "works at the \(action)"
      defer { if undone < given { print("the order \(action) was not undone by keyboard") } }
      guard try press("Tab", until: "document.activeElement.id === 'action'") else { break }
      guard try press("ArrowDown", until: "document.activeElement.value === '\(action)'", most: 6) else { continue }
      guard try press("Tab", until: reason) else { continue }
      try browser.type(why)
      let begin = Date()
      try browser.press("Enter")
      let shows = "[...document.querySelectorAll('main p')].some((p) => p.textContent.includes('\(why)'))"
      guard try awaited({ try standing().contains { $0.action == action && $0.reason == why } }) else { continue }
      guard try browser.wait(4, until: shows) else { continue }
      slowest = max(slowest, Date().timeIntervalSince(begin))
      given += 1
      if action == "allRed", let screenshots { try browser.screenshot(to: screenshots + "/order-given.png") }
      guard try press("Tab", until: "document.activeElement.closest('p')?.textContent.includes('\(why)')") else { continue }
      try browser.press("Enter")
      guard try browser.wait(2, until: "document.activeElement.closest('dialog[open]')") else { continue }
      if action == "hold", let screenshots { try browser.screenshot(to: screenshots + "/order-undo.png") }
      try browser.type("the works are over")
      try browser.press("Enter")
      guard try awaited({ try !standing().contains { $0.action == action } }), try browser.wait(4, until: "!(\(shows))") else { continue }
      undone += 1
    }
    let trail = try HTTPConnection(port: bench.port).request("GET", "/v1/audit?limit=100", token: bench.tokens[.administrator]).text
    table.atMost("orders given without a reason", Double(withoutReason), 0, unit: "")
    table.atLeast("kinds of order given by keyboard alone, with a reason", Double(given), 6, unit: "of 6")
    table.atMost("an order is in force and on the page after, slowest", slowest, 3, unit: "s")
    table.atLeast("undone by keyboard alone, with a reason", Double(undone), 6, unit: "of 6")
    table.add(
      "both in the audit trail", trail.contains("works at the hold") && trail.contains("the works are over") ? "yes" : "no", "yes",
      trail.contains("works at the hold") && trail.contains("the works are over"))
  }
}
