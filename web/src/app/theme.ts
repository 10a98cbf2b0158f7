import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

/*
 * One look: dense and calm. One accent (slate), neutral greys, and state colours that mean one thing everywhere
 * (see tones in app.css). Contrast is AA in light and dark.
 */

const slate: MantineColorsTuple = [
  '#f1f5f9',
  '#e2e8f0',
  '#cbd5e1',
  '#a9b6c8',
  '#8495ab',
  '#64748b',
  '#4f5f76',
  '#334155',
  '#283548',
  '#1e293b',
];

/** Mantine's dark greys are brownish beside slate, and too close to one another for a dense screen. */
const dark: MantineColorsTuple = [
  '#e3e7ed',
  '#c3cad5',
  '#a3abb8',
  '#7b8494',
  '#4a5361',
  '#363e4a',
  '#272e38',
  '#1b2129',
  '#151a21',
  '#0f1318',
];

/** Mantine's inputs are 36 px high; a dense screen has them at 32. The smallest stay as they are. */
function inputVars(_: unknown, props: { size?: unknown }): { wrapper: Record<string, string> } {
  return { wrapper: props.size === 'xs' ? {} : { '--input-height': '32px', '--input-fz': '13px' } };
}

export const theme = createTheme({
  primaryColor: 'slate',
  primaryShade: { light: 7, dark: 6 },
  colors: { slate, dark },
  black: '#17202c',
  fontFamily: 'Inter, "Inter Variable", system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '18px' },
  lineHeights: { xs: '1.35', sm: '1.4', md: '1.45', lg: '1.5', xl: '1.5' },
  spacing: { xs: '6px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  radius: { xs: '2px', sm: '4px', md: '6px', lg: '8px', xl: '12px' },
  defaultRadius: 'sm',
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '20px', lineHeight: '1.3' },
      h2: { fontSize: '16px', lineHeight: '1.35' },
      h3: { fontSize: '14px', lineHeight: '1.4' },
    },
  },
  // Plain objects: `extend()` would load every component into the entry.
  components: {
    Button: { defaultProps: { size: 'xs' } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' } },
    Text: { defaultProps: { size: 'sm' } },
    Input: { vars: inputVars },
    TextInput: { defaultProps: { size: 'sm' } },
    Textarea: { defaultProps: { size: 'sm', autosize: true, minRows: 2 } },
    NativeSelect: { defaultProps: { size: 'sm' } },
    Checkbox: { defaultProps: { size: 'sm' } },
    NavLink: { styles: { root: { paddingBlock: '6px', borderRadius: '4px' }, label: { fontSize: '13px' } } },
    Table: { defaultProps: { fz: 13, verticalSpacing: 6, horizontalSpacing: 8 } },
    Modal: {
      defaultProps: { transitionProps: { duration: 0 }, closeButtonProps: { 'aria-label': 'Close' } },
    },
    Tooltip: { defaultProps: { openDelay: 400, withArrow: true, fz: 12 } },
  },
});

/** Mantine's own greys for quiet text, errors and placeholders fall short of AA. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#5b6472',
    '--mantine-color-error': '#b42318',
    '--mantine-color-placeholder': '#6b7280',
    '--mantine-color-anchor': '#1d4f91',
  },
  dark: {
    '--mantine-color-dimmed': '#a3abb8',
    '--mantine-color-error': '#ff8a80',
    '--mantine-color-placeholder': '#9aa1ad',
    '--mantine-color-anchor': '#9cc3f5',
  },
});
