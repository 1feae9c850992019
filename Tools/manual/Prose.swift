extension Mdoc {
  /// Paragraphs of plain text as mdoc: a line for each sentence, indented lines as they stand.
  static func prose(_ text: String) -> [String] {
    var lines: [String] = []
    var paragraph: [Substring] = []
    var literal: [Substring] = []
    func flush() {
      if !paragraph.isEmpty {
        lines += sentences(paragraph.joined(separator: " ")).flatMap(wrapped).map(escapedLine)
      }
      if !literal.isEmpty {
        while literal.last?.isEmpty == true { literal.removeLast() }
        lines += [".Bd -literal -offset indent"] + literal.map { escapedLine(String($0.trimmed)) } + [".Ed"]
      }
      paragraph = []
      literal = []
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("    ") {
        if literal.isEmpty { flush() }
        literal.append(line)
      } else if line.trimmed.isEmpty {
        if literal.isEmpty {
          flush()
          if !lines.isEmpty { lines.append(".Pp") }
        } else {
          literal.append("")
        }
      } else {
        if !literal.isEmpty {
          flush()
          lines.append(".Pp")
        }
        paragraph.append(line.trimmed)
      }
    }
    flush()
    // A paragraph break before a display, or at the end, would only make mandoc complain.
    return lines.indices.filter { index in
      lines[index] != ".Pp" || (index + 1 < lines.count && !lines[index + 1].hasPrefix(".Bd"))
    }.map { lines[$0] }
  }

  /// A word as an argument of a macro: never taken for a macro itself, hyphens kept.
  static func escaped(_ word: String) -> String {
    let text = word.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("\"", with: "\\(dq")
    let isMacroLike = text.count < 4 && text.first?.isUppercase == true
    let isPunctuation = text.count == 1 && text.first?.isLetter == false && text.first?.isNumber == false
    return isMacroLike || isPunctuation || text.isEmpty ? "\\&" + text : text
  }

  /// A line of text: never taken for a macro line.
  private static func escapedLine(_ line: String) -> String {
    let text = line.replacing("\\", with: "\\e")
    return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
  }

  /// The text in lines of at most 78 bytes, which mandoc asks for, unless a word is longer.
  private static func wrapped(_ text: String) -> [String] {
    text.split(separator: " ").reduce(into: []) { lines, word in
      if let last = lines.last, last.utf8.count + 1 + word.utf8.count <= 78 {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
  }

  /// mdoc wants each sentence on a line of its own.
  private static func sentences(_ text: String) -> [String] {
    var sentences: [String] = []
    var words: [Substring] = []
    for word in text.split(separator: " ") {
      words.append(word)
      if let last = word.last, ".!?".contains(last), word.count > 1 {
        sentences.append(words.joined(separator: " "))
        words = []
      }
    }
    return words.isEmpty ? sentences : sentences + [words.joined(separator: " ")]
  }
}

extension String {
  /// The text with every `character` replaced.
  fileprivate func replacing(_ character: Character, with replacement: String) -> String {
    reduce(into: "") { $0 += $1 == character ? replacement : String($1) }
  }
}

extension Substring {
  /// Without spaces at both ends.
  fileprivate var trimmed: Substring {
    guard let first = firstIndex(where: { $0 != " " }), let last = lastIndex(where: { $0 != " " }) else {
      return ""
    }
    return self[first...last]
  }
}
