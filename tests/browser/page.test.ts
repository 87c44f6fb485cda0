import { expect, test } from 'vitest'
import { PHONE } from './page.ts'
import { describeInBrowser } from './suite.ts'

describeInBrowser('visit()', (suite) => {
  test.each([
    ['a style the policy forbids', /CSP: style-src/, () => {
      document.body.insertAdjacentHTML('beforeend', '<p style="color:red">red</p>')
    }],
    ['a script the policy forbids', /CSP: script-src/, () => {
      const script = document.createElement('script')
      script.textContent = '1'
      document.body.append(script)
    }],
    ['a picture of another host', /CSP: img-src/, () => {
      new Image().src = 'https://pictures.example/1.png'
    }],
    ['an error of a script', /script error: a mistake/, () => {
      setTimeout(() => {
        throw new Error('a mistake')
      })
    }],
    ['an error on the console', /console: a complaint/, () => console.error('a complaint')],
    ['a file that is not there', /answer: 404 .*no-such\.js/, () => {
      fetch('/assets/no-such.js')
    }],
    ['a page that is too wide', /overflow: \/ is \d+ wide on 360/, () => {
      const wide = document.createElement('pre')
      wide.textContent = 'wide '.repeat(200)
      document.body.append(wide)
    }],
  ])('%s fails the test, once its page is closed', async (_, complaint, offend) => {
    const visitor = await suite.visit({ viewport: PHONE })
    await visitor.page.goto('/')
    await visitor.page.locator('[data-testid^=plan-]').first().waitFor()
    await visitor.page.evaluate(offend)
    await visitor.page.waitForTimeout(300)
    await expect(visitor.close()).rejects.toThrow(complaint)
  })

  test('a page that does nothing of the kind does not', async () => {
    const visitor = await suite.visit({ viewport: PHONE })
    await visitor.page.goto('/')
    await visitor.page.locator('[data-testid^=plan-]').first().waitFor()
    await visitor.page.waitForTimeout(300)
    await visitor.close()
  })
})
