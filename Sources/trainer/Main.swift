import Terminal

@main enum Main {
  static func main() { Program.main(TrainerTool.self) }
}
