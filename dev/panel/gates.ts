/** Holds whoever waits until it is opened. */
export class Gate {
  private readonly opened = Promise.withResolvers<void>()

  wait(): Promise<void> {
    return this.opened.promise
  }

  open(): void {
    this.opened.resolve()
  }
}

/** Holds callers until as many as were announced have come, so that none sees what another does. */
export class StartingLine extends Gate {
  private missing: number

  constructor(count: number) {
    super()
    this.missing = count
  }

  arrive(): Promise<void> {
    this.missing--
    if (this.missing <= 0) this.open()
    return this.wait()
  }
}
