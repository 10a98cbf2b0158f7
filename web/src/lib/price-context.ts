import type { SpecialPriceDetail } from '../../../api/contract/special-prices.ts';
import { inWords } from '../../../domain/words/en.ts';
import type { PriceContext } from '../../../domain/words/special-pricing.ts';

/** What the sentences about a request need of it. */
export function priceContextOf(
  request: Pick<SpecialPriceDetail, 'currency' | 'vendor' | 'waterfall' | 'exceptions'>,
): PriceContext {
  return {
    currency: request.currency,
    dealCurrency: request.vendor?.dealCurrency ?? request.currency,
    productOf: (lineId) =>
      request.waterfall.lines.find(({ lineNo }) => String(lineNo) === lineId)?.productName ??
      `Line ${lineId}`,
    exceptionOf: (key) => request.exceptions.find((one) => one.key === key)?.label ?? inWords(key),
  };
}
