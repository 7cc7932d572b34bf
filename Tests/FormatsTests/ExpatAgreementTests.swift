import CExpat
import Foundation
import TestSupport
import Testing

@testable import Formats

/// expat as a rival: whatever it accepts, our reader accepts, and sees the same tags with the same values.
@Suite struct ExpatAgreementTests {
  /// What expat sees, one line a tag, or nil where it refuses.
  static func expat(_ bytes: [UInt8]) -> [String]? {
    final class Sink { var lines: [String] = [] }
    let parser = XML_ParserCreate(nil)
    defer { XML_ParserFree(parser) }
    let sink = Sink()
    XML_SetUserData(parser, Unmanaged.passUnretained(sink).toOpaque())
    XML_SetElementHandler(
      parser,
      { data, name, attributes in
        var line = "<" + String(cString: name!)
        var k = 0
        while let key = attributes![k] {
          line += " \(String(cString: key))=\(String(cString: attributes![k + 1]!))"
          k += 2
        }
        Unmanaged<Sink>.fromOpaque(data!).takeUnretainedValue().lines.append(line)
      },
      { data, name in Unmanaged<Sink>.fromOpaque(data!).takeUnretainedValue().lines.append(">" + String(cString: name!)) })
    let status = bytes.withUnsafeBytes { XML_Parse(parser, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count), 1) }
    return status == XML_STATUS_OK ? sink.lines : nil
  }

  static func ours(_ path: String, bufferSize: Int) throws -> [String] {
    var xml = try XMLReader(path: path, bufferSize: bufferSize)
    var lines: [String] = []
    while true {
      switch try xml.next() {
      case .start: lines.append("<" + xml.name.string + xml.allAttributes.map { " \($0.name)=\($0.value)" }.joined())
      case .end: lines.append(">" + xml.name.string)
      case .finish: return lines
      }
    }
  }

  /// XML turns white space inside a value into spaces, which no format read here tells apart.
  private static func plain(_ lines: [String]) -> [String] {
    lines.map { String($0.map { $0.isNewline || $0 == "\t" ? " " : $0 }) }
  }

  @Test(arguments: [64, 100, 1 << 18]) func everythingExpatAcceptsIsReadAlike(_ bufferSize: Int) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("greenwave-\(UUID().uuidString).xml")
    defer { try? FileManager.default.removeItem(at: path) }
    var random = BadInputTests.Randomness(state: 99)
    var accepted = 0
    let documents = [SmallInputs.network, SmallInputs.routes, SmallInputs.additional, Self.odd].map { Array($0.utf8) }
    for round in 0..<600 {
      let document = documents[round % documents.count]
      let bytes = round < documents.count ? document : BadInputTests.spoiled(document, &random)
      guard let theirs = Self.expat(bytes) else { continue }
      accepted += 1
      try Data(bytes).write(to: path)
      let mine = try Self.ours(path.path, bufferSize: bufferSize)
      #expect(Self.plain(mine) == Self.plain(theirs))
    }
    #expect(accepted > 100)
  }

  /// Corners of the language.
  static let odd = """
    <?xml version='1.0'?>
    <!DOCTYPE a SYSTEM "a.dtd">
    <!-- <not a="tag"> - -->
    <a><?target <data> ?><b c = 'it&apos;s "so"'
       d="&#65;&#x42;&amp;&lt;&gt;" ></b><![CDATA[ <c> ]] > ]]><c/>text &amp; more<é ü="ö&#233;"/></a >
    <!-- end -->
    """

  @Test(.enabled(if: SharedData.has("data"))) func realFilesAreReadAlike() throws {
    for name in ["resco/cologne1/cologne1.net.xml", "bologna-acosta/acosta_busses.rou.xml", "bologna-acosta/acosta_vtypes.add.xml"] {
      let url = try #require(SharedData.url("data/" + name))
      #expect(try Self.ours(url.path, bufferSize: 1 << 12) == Self.expat(Array(try Data(contentsOf: url))))
    }
  }

  @Test func latinOneAndPackedFilesAreRead() throws {
    let folder = try SmallInputs.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let text = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<a name=\"Stra\u{DF}e\"/>"
    let path = folder.appendingPathComponent("latin.xml")
    try #require(text.data(using: .isoLatin1)).write(to: path)
    #expect(try Self.ours(path.path, bufferSize: 64) == ["<a name=Straße", ">a"])
    let packed = folder.appendingPathComponent("n.xml.gz").path
    try TextOutput.write(SmallInputs.network, to: packed)
    #expect(try Data(contentsOf: URL(fileURLWithPath: packed)).prefix(2) == Data([0x1f, 0x8b]))
    #expect(try Self.ours(packed, bufferSize: 64) == Self.expat(Array(SmallInputs.network.utf8)))
  }
}
