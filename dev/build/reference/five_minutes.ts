import { html } from 'hono/html'

/** What to type, in order; a test types it. `$SHOP` is the shop's address. */
export const STEPS: readonly { title: string; text: string; command: string }[] = [
  {
    title: 'See what is sold',
    text: 'No account needed.',
    command: 'curl "$SHOP/api/plans"',
  },
  {
    title: 'Get tokens',
    text: 'With your account’s address and password. The access token lasts 10 minutes; the ' +
      'refresh token gets the next pair, once.',
    command: `curl "$SHOP/api/auth/tokens" --json '{
  "grantType": "password",
  "email": "'"$EMAIL"'",
  "password": "'"$PASSWORD"'"
}'`,
  },
  {
    title: 'Place an order',
    text: 'Send the same Idempotency-Key again if no answer came: it is the same order. Open the ' +
      '`url` of the answer to pay.',
    command: `curl "$SHOP/api/checkout/sessions" \\
  --header "Authorization: Bearer $TOKEN" \\
  --header "Idempotency-Key: $KEY" \\
  --json '{
  "planId": "minecraft-paper-4gb",
  "term": "monthly",
  "currency": "eur",
  "region": "frankfurt",
  "serverName": "Creeper Cove"
}'`,
  },
  {
    title: 'Follow it',
    text: 'Each step arrives as it happens, until the server runs. Connect again whenever the ' +
      'answer ends.',
    command: `curl --no-buffer "$SHOP/api/orders/$ORDER/events" \\
  --header "Authorization: Bearer $TOKEN"`,
  },
  {
    title: 'List your servers',
    text: '`address` is what players type.',
    command: `curl "$SHOP/api/servers" --header "Authorization: Bearer $TOKEN"`,
  },
]

export function fiveMinutes() {
  return html`
    <section class="chapter" aria-labelledby="five-minutes">
      <h2 id="five-minutes">Five minutes</h2>
      <p>
          From nothing to a running server. Set <code>SHOP</code> to this shop’s address,
          <code>EMAIL</code> and <code>PASSWORD</code> to your account’s; take <code>TOKEN</code> and
          <code>ORDER</code> from the answers, and a new <code>KEY</code> for each purchase.
        </p>
      <ol class="steps">
          ${STEPS.map(({ title, text, command }) =>
            html`
              <li>
                <h3>${title}</h3>
                <p>${text.replaceAll('`', '')}</p>
                <pre class="code" tabindex="0"><code>${command}</code></pre>
              </li>
            `
          )}
        </ol>
    </section>
  `
}
