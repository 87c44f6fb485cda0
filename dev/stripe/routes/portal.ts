import { Hono } from 'hono'
import type Stripe from 'stripe'
import { refused } from '../errors.ts'
import { answer, matches, read } from '../http.ts'
import { mergeMetadata } from '../metadata.ts'
import { configurationObject, NO_FEATURES } from '../objects/portal.ts'
import { notFollowed, operation, type ParamsOf } from '../openapi/operation.ts'
import { changedFeatures } from '../portal/features.ts'
import { createPortalSession } from '../portal/sessions.ts'
import { reading } from '../resource.ts'
import { emit, type Sandbox, type StripeEnv } from '../sandbox.ts'
import type { PortalConfiguration } from '../wire.ts'

export function portalConfigurationRoutes() {
  return new Hono<StripeEnv>()
    .post('/', async (c) => {
      const params = await read(c, CreateConfiguration)
      const { store, newId, now } = c.var.sandbox
      const empty = configurationObject({
        id: newId('billing_portal.configuration'),
        created: now(),
        features: NO_FEATURES,
      })
      const configuration = store.portalConfigurations.insert({
        ...empty,
        ...changesOf(c.var.sandbox, empty, params),
      })
      emit(c.var.sandbox, 'billing_portal.configuration.created', configuration)
      return answer(c, configuration)
    })
    .route(
      '/',
      reading({
        rows: (store) => store.portalConfigurations,
        list: ListConfigurations,
        isListed: (configuration, params) =>
          matches(params.active, configuration.active) &&
          matches(params.is_default, configuration.is_default),
        retrieve: RetrieveConfiguration,
      }),
    )
    .post('/:id', async (c) => {
      const { active, ...params } = await read(c, UpdateConfiguration)
      const { store, now } = c.var.sandbox
      const former = store.portalConfigurations.get(c.req.param('id'))
      if (active === false && former.is_default) {
        throw refused('The default configuration cannot be deactivated.', { param: 'active' })
      }
      const configuration = store.portalConfigurations.update(former.id, {
        ...changesOf(c.var.sandbox, former, params),
        ...(active !== undefined && { active }),
        updated: now(),
      })
      emit(c.var.sandbox, 'billing_portal.configuration.updated', configuration, former)
      return answer(c, configuration)
    })
}

export function portalSessionRoutes() {
  return new Hono<StripeEnv>().post('/', async (c) => {
    const params = await read(c, CreateSession)
    return answer(c, createPortalSession(c.var.sandbox, params))
  })
}

const FIELDS = [
  'business_profile',
  'default_return_url',
  'features',
  'login_page',
  'metadata',
  'name',
] as const

const EXCEPT = [
  'features.payment_method_update.payment_method_configuration',
  'features.subscription_cancel.cancellation_reason.feedback_options',
  'features.subscription_pause.duration',
  'features.subscription_update.billing_cycle_anchor',
  'features.subscription_update.schedule_at_period_end',
  'features.subscription_update.trial_update_behavior',
]

const ALL = '/v1/billing_portal/configurations'

const CreateConfiguration = operation<Stripe.BillingPortal.ConfigurationCreateParams>(
  `POST ${ALL}`,
).follows(FIELDS, EXCEPT)
const UpdateConfiguration = operation<Stripe.BillingPortal.ConfigurationUpdateParams>(
  `POST ${ALL}/{id}`,
).follows([...FIELDS, 'active'], EXCEPT)
const ListConfigurations = operation<Stripe.BillingPortal.ConfigurationListParams>(`GET ${ALL}`)
  .follows('all')
const RetrieveConfiguration = operation<Stripe.BillingPortal.ConfigurationRetrieveParams>(
  `GET ${ALL}/{id}`,
).follows('all')
const CreateSession = operation<Stripe.BillingPortal.SessionCreateParams>(
  'POST /v1/billing_portal/sessions',
).follows(['configuration', 'customer', 'flow_data', 'locale', 'return_url'], [
  'flow_data.subscription_update_confirm.discounts',
])

function changesOf(
  sandbox: Sandbox,
  former: PortalConfiguration,
  params: Omit<ParamsOf<typeof UpdateConfiguration>, 'active'>,
): Partial<PortalConfiguration> {
  const { business_profile: profile, default_return_url: returnUrl, login_page: login, name } =
    params
  if (login?.enabled) throw notFollowed('login_page.enabled')
  return {
    ...(profile && { business_profile: { ...former.business_profile, ...profile } }),
    ...(returnUrl !== undefined && { default_return_url: returnUrl }),
    ...(name !== undefined && { name }),
    features: changedFeatures(sandbox, former.features, params.features),
    metadata: mergeMetadata(former.metadata ?? {}, params.metadata),
  }
}
