import Terminal

@main enum Main {
  static func main() { Program.main(QuantizeTool.self) }
}
