import Bytes

/// How far an input has come: what is needed to go on with the very next record.
package struct InputPlace: Sendable, Equatable {
  /// A record by the number of its file in the list, and its own number in there.
  package struct Entry: Sendable, Equatable {
    var file: Int
    var record: Int
  }

  /// Of the files that are opened next.
  package var epoch = 0
  /// How many files of that epoch have been opened.
  var openedFiles = 0
  /// The open files with how many of their records have been read, and whose turn it is.
  var open: [Entry] = []
  var turn = 0
  /// The records among which the next one is drawn.
  var buffer: [Entry] = []
  /// How many have been drawn so far.
  package var draws: UInt64 = 0
  /// How many of these could not be used.
  package var skipped = 0

  package init() {}
}

extension InputPlace {
  /// The place as an object of JSON.
  package func append(to json: inout [UInt8]) {
    json.append(text: "{\"epoch\": ")
    json.append(decimal: Int64(epoch))
    json.append(text: ", \"opened_files\": ")
    json.append(decimal: Int64(openedFiles))
    json.append(text: ", \"turn\": ")
    json.append(decimal: Int64(turn))
    json.append(text: ", \"draws\": ")
    json.append(decimal: Int64(clamping: draws))
    json.append(text: ", \"skipped\": ")
    json.append(decimal: Int64(skipped))
    for (name, entries) in [("open", open), ("buffer", buffer)] {
      json += Array(", \"\(name)\": [".utf8)
      for (number, entry) in entries.enumerated() {
        if number > 0 { json.append(text: ", ") }
        json.append(decimal: Int64(entry.file))
        json.append(text: ", ")
        json.append(decimal: Int64(entry.record))
      }
      json.append(text: "]")
    }
    json.append(text: "}")
  }

  /// Reads what ``append(to:)`` wrote.
  ///
  /// - Parameter fileCount: how many files the input has.
  /// - Throws: ``ByteReader/Fault`` when it is no place in such an input.
  package init(_ json: JSON, fileCount: Int) throws(ByteReader.Fault) {
    guard case .object(let object) = json else { throw InputPlace.fault("is not an object") }
    func number(_ key: String) throws(ByteReader.Fault) -> Int {
      guard case .number(.int(let number))? = object[key], number >= 0 else {
        throw InputPlace.fault("has no number \(key)")
      }
      return Int(number)
    }
    func entries(_ key: String) throws(ByteReader.Fault) -> [Entry] {
      guard case .array(let array)? = object[key], array.count % 2 == 0 else {
        throw InputPlace.fault("has no list \(key)")
      }
      var entries: [Entry] = []
      for start in stride(from: 0, to: array.count, by: 2) {
        guard case .number(.int(let file)) = array[start], case .number(.int(let record)) = array[start + 1],
          file >= 0, file < fileCount, record >= 0
        else { throw InputPlace.fault("names a record that cannot be") }
        entries.append(Entry(file: Int(file), record: Int(record)))
      }
      return entries
    }
    epoch = try number("epoch")
    openedFiles = try number("opened_files")
    turn = try number("turn")
    draws = UInt64(try number("draws"))
    skipped = try number("skipped")
    open = try entries("open")
    buffer = try entries("buffer")
    guard openedFiles <= fileCount, turn <= open.count else { throw InputPlace.fault("contradicts itself") }
  }

  private static func fault(_ problem: String) -> ByteReader.Fault {
    ByteReader.Fault(offset: 0, problem: "the place in the records \(problem)")
  }
}
