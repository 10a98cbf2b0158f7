// The one file that the worker registers workflows from.
export { dealRegistration } from './deal-registration.ts';
export { reviewWindow } from './review-window.ts';
export { pricingAgreement } from './pricing-agreement.ts';
export { specialPricing } from './special-pricing.ts';
