import Terminal

@main enum Main {
  static func main() { Program.main(MergePredsTool.self) }
}
